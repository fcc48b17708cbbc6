// A small router that speaks plain TR-069: node examples/classic-device.ts [acs-url] [serial-number]
import { tmpdir } from "node:os";
import { dataModel, describeActivity } from "@heliograph/agent";
import { httpTransfer, startDevice, stateFile } from "@heliograph/agent/node";

const [acsUrl = "http://127.0.0.1:7547/", SerialNumber = "0001"] = process.argv.slice(2);
const say = (line: string): void => console.log(`${new Date().toLocaleTimeString("en-GB")}  ${line}`);
const tune = (channel: number): void => say(`the radio moves to channel ${channel}`);

const device = await startDevice({
  acsUrl,
  deviceId: { Manufacturer: "Example", OUI: "F0F0F0", ProductClass: "Router", SerialNumber },
  dataModel: dataModel({
    "Device.DeviceInfo.SoftwareVersion": "2.1.0",
    "Device.WiFi.Radio.1.OperatingFrequencyBand": "5GHz",
    "Device.WiFi.Radio.1.Channel": { type: "unsignedInt", value: 36, writable: true, onSet: tune },
    "Device.NAT.PortMapping.": {
      writable: true,
      row: () => ({
        ExternalPort: { type: "unsignedInt", writable: true },
        InternalClient: { type: "string", writable: true },
      }),
    },
  }),
  light: "not",
  transfer: httpTransfer({ receive: (file) => say(`takes in a file of ${file.length} bytes`) }),
  state: stateFile(`${tmpdir()}/heliograph-example-${SerialNumber}.json`),
  onActivity: (activity) => say(describeActivity(activity)),
});
say(`listens for connection requests at ${device.address}; Ctrl-C ends it`);
