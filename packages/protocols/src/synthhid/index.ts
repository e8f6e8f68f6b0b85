export {
  HID_ATTRIBUTES_BYTES,
  HidDescriptor,
  HidDescriptorValue,
  HidMouseId,
  MOUSE_COORDINATE_MAX,
  MouseButton,
  MouseReport,
  SYNTH_HID_VERSION,
  SynthHidDeviceInfo,
  SynthHidDeviceInfoAck,
  SynthHidHeader,
  SynthHidMessageType,
  SynthHidMouseReport,
  SynthHidProtocolRequest,
  SynthHidProtocolResponse,
} from './messages.ts';
export { MOUSE_REPORT_DESCRIPTOR } from './report-descriptor.ts';
