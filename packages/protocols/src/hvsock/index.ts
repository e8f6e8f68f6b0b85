export {
  HVSOCK_MAX_PACKET_BYTES,
  HVSOCK_OFFER_FLAGS,
  HvsockDirection,
  HvsockUserData,
  portOfServiceId,
  serviceIdOfPort,
} from './service.ts';
