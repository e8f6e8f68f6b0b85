// Made by scripts/generate-hot.mjs.

/** Handler ids of the frequent instructions, by operation, operand form and bits. */

export const ADD_RR_32: u32 = 16;
export const ADD_RI_32: u32 = 17;
export const ADD_RM_32: u32 = 18;
export const ADD_MR_32: u32 = 19;
export const ADD_MI_32: u32 = 20;
export const OR_RR_32: u32 = 21;
export const OR_RI_32: u32 = 22;
export const OR_RM_32: u32 = 23;
export const OR_MR_32: u32 = 24;
export const OR_MI_32: u32 = 25;
export const AND_RR_32: u32 = 26;
export const AND_RI_32: u32 = 27;
export const AND_RM_32: u32 = 28;
export const AND_MR_32: u32 = 29;
export const AND_MI_32: u32 = 30;
export const SUB_RR_32: u32 = 31;
export const SUB_RI_32: u32 = 32;
export const SUB_RM_32: u32 = 33;
export const SUB_MR_32: u32 = 34;
export const SUB_MI_32: u32 = 35;
export const XOR_RR_32: u32 = 36;
export const XOR_RI_32: u32 = 37;
export const XOR_RM_32: u32 = 38;
export const XOR_MR_32: u32 = 39;
export const XOR_MI_32: u32 = 40;
export const CMP_RR_32: u32 = 41;
export const CMP_RI_32: u32 = 42;
export const CMP_RM_32: u32 = 43;
export const CMP_MR_32: u32 = 44;
export const CMP_MI_32: u32 = 45;
export const TEST_RR_32: u32 = 46;
export const TEST_RI_32: u32 = 47;
export const TEST_MR_32: u32 = 48;
export const TEST_MI_32: u32 = 49;
export const ADD_RR_64: u32 = 50;
export const ADD_RI_64: u32 = 51;
export const ADD_RM_64: u32 = 52;
export const ADD_MR_64: u32 = 53;
export const ADD_MI_64: u32 = 54;
export const OR_RR_64: u32 = 55;
export const OR_RI_64: u32 = 56;
export const OR_RM_64: u32 = 57;
export const OR_MR_64: u32 = 58;
export const OR_MI_64: u32 = 59;
export const AND_RR_64: u32 = 60;
export const AND_RI_64: u32 = 61;
export const AND_RM_64: u32 = 62;
export const AND_MR_64: u32 = 63;
export const AND_MI_64: u32 = 64;
export const SUB_RR_64: u32 = 65;
export const SUB_RI_64: u32 = 66;
export const SUB_RM_64: u32 = 67;
export const SUB_MR_64: u32 = 68;
export const SUB_MI_64: u32 = 69;
export const XOR_RR_64: u32 = 70;
export const XOR_RI_64: u32 = 71;
export const XOR_RM_64: u32 = 72;
export const XOR_MR_64: u32 = 73;
export const XOR_MI_64: u32 = 74;
export const CMP_RR_64: u32 = 75;
export const CMP_RI_64: u32 = 76;
export const CMP_RM_64: u32 = 77;
export const CMP_MR_64: u32 = 78;
export const CMP_MI_64: u32 = 79;
export const TEST_RR_64: u32 = 80;
export const TEST_RI_64: u32 = 81;
export const TEST_MR_64: u32 = 82;
export const TEST_MI_64: u32 = 83;
export const ADD_RR_8: u32 = 84;
export const ADD_RI_8: u32 = 85;
export const ADD_RM_8: u32 = 86;
export const ADD_MR_8: u32 = 87;
export const ADD_MI_8: u32 = 88;
export const OR_RR_8: u32 = 89;
export const OR_RI_8: u32 = 90;
export const OR_RM_8: u32 = 91;
export const OR_MR_8: u32 = 92;
export const OR_MI_8: u32 = 93;
export const AND_RR_8: u32 = 94;
export const AND_RI_8: u32 = 95;
export const AND_RM_8: u32 = 96;
export const AND_MR_8: u32 = 97;
export const AND_MI_8: u32 = 98;
export const SUB_RR_8: u32 = 99;
export const SUB_RI_8: u32 = 100;
export const SUB_RM_8: u32 = 101;
export const SUB_MR_8: u32 = 102;
export const SUB_MI_8: u32 = 103;
export const XOR_RR_8: u32 = 104;
export const XOR_RI_8: u32 = 105;
export const XOR_RM_8: u32 = 106;
export const XOR_MR_8: u32 = 107;
export const XOR_MI_8: u32 = 108;
export const CMP_RR_8: u32 = 109;
export const CMP_RI_8: u32 = 110;
export const CMP_RM_8: u32 = 111;
export const CMP_MR_8: u32 = 112;
export const CMP_MI_8: u32 = 113;
export const TEST_RR_8: u32 = 114;
export const TEST_RI_8: u32 = 115;
export const TEST_MR_8: u32 = 116;
export const TEST_MI_8: u32 = 117;
export const ADC_RR_32: u32 = 118;
export const ADC_RI_32: u32 = 119;
export const SBB_RR_32: u32 = 120;
export const SBB_RI_32: u32 = 121;
export const INC_R_32: u32 = 122;
export const INC_M_32: u32 = 123;
export const DEC_R_32: u32 = 124;
export const DEC_M_32: u32 = 125;
export const ADC_RR_64: u32 = 126;
export const ADC_RI_64: u32 = 127;
export const SBB_RR_64: u32 = 128;
export const SBB_RI_64: u32 = 129;
export const INC_R_64: u32 = 130;
export const INC_M_64: u32 = 131;
export const DEC_R_64: u32 = 132;
export const DEC_M_64: u32 = 133;
export const ADD_RS_32: u32 = 134;
export const OR_RS_32: u32 = 135;
export const AND_RS_32: u32 = 136;
export const SUB_RS_32: u32 = 137;
export const XOR_RS_32: u32 = 138;
export const CMP_RS_32: u32 = 139;
export const ADD_RS_64: u32 = 140;
export const OR_RS_64: u32 = 141;
export const AND_RS_64: u32 = 142;
export const SUB_RS_64: u32 = 143;
export const XOR_RS_64: u32 = 144;
export const CMP_RS_64: u32 = 145;
export const INC_S_32: u32 = 146;
export const DEC_S_32: u32 = 147;
export const MOV_RR_32: u32 = 148;
export const MOV_RI_32: u32 = 149;
export const MOV_RM_32: u32 = 150;
export const MOV_MR_32: u32 = 151;
export const MOV_MI_32: u32 = 152;
export const MOV_RB_32: u32 = 153;
export const MOV_BR_32: u32 = 154;
export const MOV_RR_64: u32 = 155;
export const MOV_RI_64: u32 = 156;
export const MOV_RM_64: u32 = 157;
export const MOV_MR_64: u32 = 158;
export const MOV_MI_64: u32 = 159;
export const MOV_RB_64: u32 = 160;
export const MOV_BR_64: u32 = 161;
export const MOV_RR_8: u32 = 162;
export const MOV_RI_8: u32 = 163;
export const MOV_RM_8: u32 = 164;
export const MOV_MR_8: u32 = 165;
export const MOV_MI_8: u32 = 166;
export const MOV_RB_8: u32 = 167;
export const MOV_BR_8: u32 = 168;
export const MOV_RS_32: u32 = 169;
export const LEA_32: u32 = 170;
export const MOVZX_RR8: u32 = 171;
export const MOVZX_RM8: u32 = 172;
export const MOVSX_RR8_32: u32 = 173;
export const MOVSX_RM8_32: u32 = 174;
export const MOVZX_RR16: u32 = 175;
export const MOVZX_RM16: u32 = 176;
export const MOVSX_RR16_32: u32 = 177;
export const MOVSX_RM16_32: u32 = 178;
export const CMOV_32_0: u32 = 179;
export const CMOV_32_1: u32 = 180;
export const CMOV_32_2: u32 = 181;
export const CMOV_32_3: u32 = 182;
export const CMOV_32_4: u32 = 183;
export const CMOV_32_5: u32 = 184;
export const CMOV_32_6: u32 = 185;
export const CMOV_32_7: u32 = 186;
export const CMOV_32_8: u32 = 187;
export const CMOV_32_9: u32 = 188;
export const CMOV_32_10: u32 = 189;
export const CMOV_32_11: u32 = 190;
export const CMOV_32_12: u32 = 191;
export const CMOV_32_13: u32 = 192;
export const CMOV_32_14: u32 = 193;
export const CMOV_32_15: u32 = 194;
export const MOV_RS_64: u32 = 195;
export const LEA_64: u32 = 196;
export const MOVSX_RR8_64: u32 = 197;
export const MOVSX_RM8_64: u32 = 198;
export const MOVSX_RR16_64: u32 = 199;
export const MOVSX_RM16_64: u32 = 200;
export const CMOV_64_0: u32 = 201;
export const CMOV_64_1: u32 = 202;
export const CMOV_64_2: u32 = 203;
export const CMOV_64_3: u32 = 204;
export const CMOV_64_4: u32 = 205;
export const CMOV_64_5: u32 = 206;
export const CMOV_64_6: u32 = 207;
export const CMOV_64_7: u32 = 208;
export const CMOV_64_8: u32 = 209;
export const CMOV_64_9: u32 = 210;
export const CMOV_64_10: u32 = 211;
export const CMOV_64_11: u32 = 212;
export const CMOV_64_12: u32 = 213;
export const CMOV_64_13: u32 = 214;
export const CMOV_64_14: u32 = 215;
export const CMOV_64_15: u32 = 216;
export const SET_0: u32 = 217;
export const SET_1: u32 = 218;
export const SET_2: u32 = 219;
export const SET_3: u32 = 220;
export const SET_4: u32 = 221;
export const SET_5: u32 = 222;
export const SET_6: u32 = 223;
export const SET_7: u32 = 224;
export const SET_8: u32 = 225;
export const SET_9: u32 = 226;
export const SET_10: u32 = 227;
export const SET_11: u32 = 228;
export const SET_12: u32 = 229;
export const SET_13: u32 = 230;
export const SET_14: u32 = 231;
export const SET_15: u32 = 232;
export const MOVSXD_RR: u32 = 233;
export const MOVSXD_RM: u32 = 234;
export const NOP: u32 = 235;
export const ROL_RI_32: u32 = 236;
export const ROL_RC_32: u32 = 237;
export const ROR_RI_32: u32 = 238;
export const ROR_RC_32: u32 = 239;
export const SHL_RI_32: u32 = 240;
export const SHL_RC_32: u32 = 241;
export const SHR_RI_32: u32 = 242;
export const SHR_RC_32: u32 = 243;
export const SAR_RI_32: u32 = 244;
export const SAR_RC_32: u32 = 245;
export const IMUL_RR_32: u32 = 246;
export const IMUL_RRI_32: u32 = 247;
export const NOT_R_32: u32 = 248;
export const NEG_R_32: u32 = 249;
export const MUL_R_32: u32 = 250;
export const IMUL_R_32: u32 = 251;
export const ROL_RI_64: u32 = 252;
export const ROL_RC_64: u32 = 253;
export const ROR_RI_64: u32 = 254;
export const ROR_RC_64: u32 = 255;
export const SHL_RI_64: u32 = 256;
export const SHL_RC_64: u32 = 257;
export const SHR_RI_64: u32 = 258;
export const SHR_RC_64: u32 = 259;
export const SAR_RI_64: u32 = 260;
export const SAR_RC_64: u32 = 261;
export const IMUL_RR_64: u32 = 262;
export const IMUL_RRI_64: u32 = 263;
export const NOT_R_64: u32 = 264;
export const NEG_R_64: u32 = 265;
export const MUL_R_64: u32 = 266;
export const IMUL_R_64: u32 = 267;
export const PUSH_R_64: u32 = 268;
export const PUSH_I_64: u32 = 269;
export const POP_R_64: u32 = 270;
export const PUSH_R_32: u32 = 271;
export const PUSH_I_32: u32 = 272;
export const POP_R_32: u32 = 273;
export const XMM_RR: u32 = 274;
export const XMM_XOR: u32 = 275;
export const XMM_RM: u32 = 276;
export const XMM_MR: u32 = 277;
export const XMM_RM_ALIGNED: u32 = 278;
export const XMM_MR_ALIGNED: u32 = 279;
export const XMM_RM_64: u32 = 280;
export const XMM_MR_64: u32 = 281;
export const JMP: u32 = 282;
export const JCC_0: u32 = 283;
export const JCC_1: u32 = 284;
export const JCC_2: u32 = 285;
export const JCC_3: u32 = 286;
export const JCC_4: u32 = 287;
export const JCC_5: u32 = 288;
export const JCC_6: u32 = 289;
export const JCC_7: u32 = 290;
export const JCC_8: u32 = 291;
export const JCC_9: u32 = 292;
export const JCC_10: u32 = 293;
export const JCC_11: u32 = 294;
export const JCC_12: u32 = 295;
export const JCC_13: u32 = 296;
export const JCC_14: u32 = 297;
export const JCC_15: u32 = 298;
export const CALL_64: u32 = 299;
export const RET_64: u32 = 300;
export const JMP_R_64: u32 = 301;
export const CALL_R_64: u32 = 302;
export const JMP_M_64: u32 = 303;
export const CALL_M_64: u32 = 304;
export const CALL_32: u32 = 305;
export const RET_32: u32 = 306;
export const JMP_R_32: u32 = 307;
export const CALL_R_32: u32 = 308;
export const JMP_M_32: u32 = 309;
export const CALL_M_32: u32 = 310;
export const CMP_RR_32_J2: u32 = 311;
export const CMP_RR_32_J3: u32 = 312;
export const CMP_RR_32_J4: u32 = 313;
export const CMP_RR_32_J5: u32 = 314;
export const CMP_RR_32_J6: u32 = 315;
export const CMP_RR_32_J7: u32 = 316;
export const CMP_RR_32_J12: u32 = 317;
export const CMP_RR_32_J13: u32 = 318;
export const CMP_RR_32_J14: u32 = 319;
export const CMP_RR_32_J15: u32 = 320;
export const CMP_RI_32_J2: u32 = 321;
export const CMP_RI_32_J3: u32 = 322;
export const CMP_RI_32_J4: u32 = 323;
export const CMP_RI_32_J5: u32 = 324;
export const CMP_RI_32_J6: u32 = 325;
export const CMP_RI_32_J7: u32 = 326;
export const CMP_RI_32_J12: u32 = 327;
export const CMP_RI_32_J13: u32 = 328;
export const CMP_RI_32_J14: u32 = 329;
export const CMP_RI_32_J15: u32 = 330;
export const CMP_RM_32_J2: u32 = 331;
export const CMP_RM_32_J3: u32 = 332;
export const CMP_RM_32_J4: u32 = 333;
export const CMP_RM_32_J5: u32 = 334;
export const CMP_RM_32_J6: u32 = 335;
export const CMP_RM_32_J7: u32 = 336;
export const CMP_MR_32_J2: u32 = 337;
export const CMP_MR_32_J3: u32 = 338;
export const CMP_MR_32_J4: u32 = 339;
export const CMP_MR_32_J5: u32 = 340;
export const CMP_MR_32_J6: u32 = 341;
export const CMP_MR_32_J7: u32 = 342;
export const CMP_MI_32_J2: u32 = 343;
export const CMP_MI_32_J3: u32 = 344;
export const CMP_MI_32_J4: u32 = 345;
export const CMP_MI_32_J5: u32 = 346;
export const CMP_MI_32_J6: u32 = 347;
export const CMP_MI_32_J7: u32 = 348;
export const TEST_RR_32_J4: u32 = 349;
export const TEST_RR_32_J5: u32 = 350;
export const TEST_RR_32_J8: u32 = 351;
export const TEST_RR_32_J9: u32 = 352;
export const TEST_RR_32_J14: u32 = 353;
export const TEST_RR_32_J15: u32 = 354;
export const TEST_RI_32_J4: u32 = 355;
export const TEST_RI_32_J5: u32 = 356;
export const CMP_RR_64_J2: u32 = 357;
export const CMP_RR_64_J3: u32 = 358;
export const CMP_RR_64_J4: u32 = 359;
export const CMP_RR_64_J5: u32 = 360;
export const CMP_RR_64_J6: u32 = 361;
export const CMP_RR_64_J7: u32 = 362;
export const CMP_RR_64_J12: u32 = 363;
export const CMP_RR_64_J13: u32 = 364;
export const CMP_RR_64_J14: u32 = 365;
export const CMP_RR_64_J15: u32 = 366;
export const CMP_RI_64_J2: u32 = 367;
export const CMP_RI_64_J3: u32 = 368;
export const CMP_RI_64_J4: u32 = 369;
export const CMP_RI_64_J5: u32 = 370;
export const CMP_RI_64_J6: u32 = 371;
export const CMP_RI_64_J7: u32 = 372;
export const CMP_RI_64_J12: u32 = 373;
export const CMP_RI_64_J13: u32 = 374;
export const CMP_RI_64_J14: u32 = 375;
export const CMP_RI_64_J15: u32 = 376;
export const CMP_RM_64_J2: u32 = 377;
export const CMP_RM_64_J3: u32 = 378;
export const CMP_RM_64_J4: u32 = 379;
export const CMP_RM_64_J5: u32 = 380;
export const CMP_RM_64_J6: u32 = 381;
export const CMP_RM_64_J7: u32 = 382;
export const CMP_MR_64_J2: u32 = 383;
export const CMP_MR_64_J3: u32 = 384;
export const CMP_MR_64_J4: u32 = 385;
export const CMP_MR_64_J5: u32 = 386;
export const CMP_MR_64_J6: u32 = 387;
export const CMP_MR_64_J7: u32 = 388;
export const CMP_MI_64_J2: u32 = 389;
export const CMP_MI_64_J3: u32 = 390;
export const CMP_MI_64_J4: u32 = 391;
export const CMP_MI_64_J5: u32 = 392;
export const CMP_MI_64_J6: u32 = 393;
export const CMP_MI_64_J7: u32 = 394;
export const TEST_RR_64_J4: u32 = 395;
export const TEST_RR_64_J5: u32 = 396;
export const TEST_RR_64_J8: u32 = 397;
export const TEST_RR_64_J9: u32 = 398;
export const TEST_RR_64_J14: u32 = 399;
export const TEST_RR_64_J15: u32 = 400;
export const TEST_RI_64_J4: u32 = 401;
export const TEST_RI_64_J5: u32 = 402;
export const CMP_RR_8_J2: u32 = 403;
export const CMP_RR_8_J3: u32 = 404;
export const CMP_RR_8_J4: u32 = 405;
export const CMP_RR_8_J5: u32 = 406;
export const CMP_RR_8_J6: u32 = 407;
export const CMP_RR_8_J7: u32 = 408;
export const CMP_RI_8_J2: u32 = 409;
export const CMP_RI_8_J3: u32 = 410;
export const CMP_RI_8_J4: u32 = 411;
export const CMP_RI_8_J5: u32 = 412;
export const CMP_RI_8_J6: u32 = 413;
export const CMP_RI_8_J7: u32 = 414;
export const CMP_MI_8_J2: u32 = 415;
export const CMP_MI_8_J3: u32 = 416;
export const CMP_MI_8_J4: u32 = 417;
export const CMP_MI_8_J5: u32 = 418;
export const CMP_MI_8_J6: u32 = 419;
export const CMP_MI_8_J7: u32 = 420;
export const TEST_RR_8_J4: u32 = 421;
export const TEST_RR_8_J5: u32 = 422;
export const TEST_RR_8_J8: u32 = 423;
export const TEST_RR_8_J9: u32 = 424;
export const TEST_RI_8_J4: u32 = 425;
export const TEST_RI_8_J5: u32 = 426;
export const TEST_RI_8_J8: u32 = 427;
export const TEST_RI_8_J9: u32 = 428;
export const TEST_MI_8_J4: u32 = 429;
export const TEST_MI_8_J5: u32 = 430;
export const TEST_MI_8_J8: u32 = 431;
export const TEST_MI_8_J9: u32 = 432;

/** Handler of a comparison with a branch on condition `code` behind it, or 0. */
export function fusedHandler(handler: u32, code: u32): u32 {
  if (handler == CMP_RR_32) {
    switch (code) {
      case 2: return 311;
      case 3: return 312;
      case 4: return 313;
      case 5: return 314;
      case 6: return 315;
      case 7: return 316;
      case 12: return 317;
      case 13: return 318;
      case 14: return 319;
      case 15: return 320;
    }
  }
  if (handler == CMP_RI_32) {
    switch (code) {
      case 2: return 321;
      case 3: return 322;
      case 4: return 323;
      case 5: return 324;
      case 6: return 325;
      case 7: return 326;
      case 12: return 327;
      case 13: return 328;
      case 14: return 329;
      case 15: return 330;
    }
  }
  if (handler == CMP_RM_32) {
    switch (code) {
      case 2: return 331;
      case 3: return 332;
      case 4: return 333;
      case 5: return 334;
      case 6: return 335;
      case 7: return 336;
    }
  }
  if (handler == CMP_MR_32) {
    switch (code) {
      case 2: return 337;
      case 3: return 338;
      case 4: return 339;
      case 5: return 340;
      case 6: return 341;
      case 7: return 342;
    }
  }
  if (handler == CMP_MI_32) {
    switch (code) {
      case 2: return 343;
      case 3: return 344;
      case 4: return 345;
      case 5: return 346;
      case 6: return 347;
      case 7: return 348;
    }
  }
  if (handler == TEST_RR_32) {
    switch (code) {
      case 4: return 349;
      case 5: return 350;
      case 8: return 351;
      case 9: return 352;
      case 14: return 353;
      case 15: return 354;
    }
  }
  if (handler == TEST_RI_32) {
    switch (code) {
      case 4: return 355;
      case 5: return 356;
    }
  }
  if (handler == CMP_RR_64) {
    switch (code) {
      case 2: return 357;
      case 3: return 358;
      case 4: return 359;
      case 5: return 360;
      case 6: return 361;
      case 7: return 362;
      case 12: return 363;
      case 13: return 364;
      case 14: return 365;
      case 15: return 366;
    }
  }
  if (handler == CMP_RI_64) {
    switch (code) {
      case 2: return 367;
      case 3: return 368;
      case 4: return 369;
      case 5: return 370;
      case 6: return 371;
      case 7: return 372;
      case 12: return 373;
      case 13: return 374;
      case 14: return 375;
      case 15: return 376;
    }
  }
  if (handler == CMP_RM_64) {
    switch (code) {
      case 2: return 377;
      case 3: return 378;
      case 4: return 379;
      case 5: return 380;
      case 6: return 381;
      case 7: return 382;
    }
  }
  if (handler == CMP_MR_64) {
    switch (code) {
      case 2: return 383;
      case 3: return 384;
      case 4: return 385;
      case 5: return 386;
      case 6: return 387;
      case 7: return 388;
    }
  }
  if (handler == CMP_MI_64) {
    switch (code) {
      case 2: return 389;
      case 3: return 390;
      case 4: return 391;
      case 5: return 392;
      case 6: return 393;
      case 7: return 394;
    }
  }
  if (handler == TEST_RR_64) {
    switch (code) {
      case 4: return 395;
      case 5: return 396;
      case 8: return 397;
      case 9: return 398;
      case 14: return 399;
      case 15: return 400;
    }
  }
  if (handler == TEST_RI_64) {
    switch (code) {
      case 4: return 401;
      case 5: return 402;
    }
  }
  if (handler == CMP_RR_8) {
    switch (code) {
      case 2: return 403;
      case 3: return 404;
      case 4: return 405;
      case 5: return 406;
      case 6: return 407;
      case 7: return 408;
    }
  }
  if (handler == CMP_RI_8) {
    switch (code) {
      case 2: return 409;
      case 3: return 410;
      case 4: return 411;
      case 5: return 412;
      case 6: return 413;
      case 7: return 414;
    }
  }
  if (handler == CMP_MI_8) {
    switch (code) {
      case 2: return 415;
      case 3: return 416;
      case 4: return 417;
      case 5: return 418;
      case 6: return 419;
      case 7: return 420;
    }
  }
  if (handler == TEST_RR_8) {
    switch (code) {
      case 4: return 421;
      case 5: return 422;
      case 8: return 423;
      case 9: return 424;
    }
  }
  if (handler == TEST_RI_8) {
    switch (code) {
      case 4: return 425;
      case 5: return 426;
      case 8: return 427;
      case 9: return 428;
    }
  }
  if (handler == TEST_MI_8) {
    switch (code) {
      case 4: return 429;
      case 5: return 430;
      case 8: return 431;
      case 9: return 432;
    }
  }
  return 0;
}
