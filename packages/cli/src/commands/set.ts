import { carryOut, operationFlags } from "../carry-out.ts";
import { command, deviceArgument } from "../command.ts";
import { connect } from "../connect.ts";
import { findDevice } from "../device-name.ts";
import { parameterTypes, parseAssignments } from "../parameter-value.ts";

export const set = command({
  name: "set",
  section: "Calling a device",
  summary: "Write parameters of a device",
  about: [
    "Calls SetParameterValues once: the device takes all values or none.",
    "true and false are booleans, whole numbers without leading zeros integers of the parameter's own type " +
      "(unsignedInt where the ACS does not know it, int if negative), everything else is a string. " +
      "path:type=value says the type: " +
      `${Object.keys(parameterTypes).join(", ")}.`,
  ],
  arguments: [
    deviceArgument,
    { name: "path=value", takes: "at-least-one", help: "a parameter with its new value, or path:type=value" },
  ],
  flags: [
    { name: "parameter-key", value: "key", help: "the ParameterKey that the device keeps with this change" },
    ...operationFlags,
  ],
  examples: [
    { line: "set SN0001 Device.ManagementServer.PeriodicInformInterval=300", shows: "an integer" },
    {
      line: "set SN0001 Device.WiFi.SSID.1.Enable=true 'Device.WiFi.SSID.1.SSID=My home'",
      shows: "a boolean and a string",
    },
    {
      line: "set SN0001 Device.X_EXAMPLE_Pin:string=1234 Device.X_EXAMPLE_Offset:int=5",
      shows: "types said outright",
    },
  ],
  async run(given, terminal) {
    const ParameterList = parseAssignments(given.list("path=value"));
    const key = given.text("parameter-key");
    const params = { ParameterList, ...(key === undefined ? {} : { ParameterKey: key }) };
    const client = connect(given, terminal);
    const device = await findDevice(client, given.one("device"));
    return carryOut({ client, device, calls: [{ method: "SetParameterValues", params }] }, given, terminal);
  },
});
