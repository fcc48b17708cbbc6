// A small router that stays connected: node examples/light-device.ts [acs-url] [serial-number]
import { dataModel, describeActivity } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";

const [acsUrl = "http://127.0.0.1:7547/", SerialNumber = "0001"] = process.argv.slice(2);
const say = (line: string): void => console.log(`${new Date().toLocaleTimeString("en-GB")}  ${line}`);
const tune = (channel: number): void => say(`the radio moves to channel ${channel}`);

// It Informs over HTTP as every TR-069 device does, then attaches where the ACS offers it a connection. An ACS that knows
// nothing of the light transport finds a plain TR-069 device.
const device = await startDevice({
  acsUrl,
  deviceId: { Manufacturer: "Example", OUI: "F0F0F0", ProductClass: "Router", SerialNumber },
  dataModel: dataModel({
    "Device.DeviceInfo.SoftwareVersion": "2.1.0",
    "Device.WiFi.Radio.1.OperatingFrequencyBand": "5GHz",
    "Device.WiFi.Radio.1.Channel": { type: "unsignedInt", value: 36, writable: true, onSet: tune },
  }),
  holdsPolicies: true,
  onPublication: ({ channel, data }) => {
    say(`${channel} says ${JSON.stringify(data)}`);
    return undefined;
  },
  onActivity: (activity) => say(describeActivity(activity)),
});
say(`listens for connection requests at ${device.address}; Ctrl-C ends it`);
