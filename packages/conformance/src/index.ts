export type { AcsTarget } from "./acs/acs-seat.ts";
export type { Need, Row, Verdict } from "./case.ts";
export { subprotocols, type Subprotocol } from "./speech/speech.ts";
export { isAmong, rulesOfAcs, testAcs, type TestOptions } from "./test-acs.ts";
export { DeviceAbsentError, rulesOfDevice, testDevice, type DeviceTarget } from "./test-device.ts";
