/** The fixed registers of ACPI and reset control (ACPI Specification, Fixed Hardware; 82371AB PIIX4, Reset Control). */

/** Offsets in the block, as the FADT of this board gives them. */
export const Reg = { PM1_STS: 0, PM1_EN: 2, PM1_CNT: 4, PM_TMR: 8 } as const;

/** Bits of the status and, where they interrupt, of the enable register. */
export const Pm1 = { TMR: 0x0001, GBL: 0x0020, PWRBTN: 0x0100, RTC: 0x0400, WAK: 0x8000 } as const;

/** Status bits that exist, and enable bits that exist. */
export const STS_BITS: number = Pm1.TMR | Pm1.GBL | Pm1.PWRBTN | Pm1.RTC | Pm1.WAK;
export const EN_BITS: number = Pm1.TMR | Pm1.GBL | Pm1.PWRBTN | Pm1.RTC;

export const Pm1Cnt = { SCI_EN: 0x0001, SLP_TYP: 0x1c00, SLP_EN: 0x2000, KEPT: 0x1c03 } as const;

/** SLP_TYP of S5 on this board, as `_S5` says. */
export const SLP_TYP_OFF = 0;

export const PM_TIMER_HZ = 3_579_545;

/** The timer has 24 bits; its status bit is set when the highest changes. */
export const PM_TIMER_TICKS = 0x100_0000;

/** Reset control, CF9h on a PC. */
export const ResetControl = { HARD: 0x02, RESET: 0x04, KEPT: 0x02 } as const;
