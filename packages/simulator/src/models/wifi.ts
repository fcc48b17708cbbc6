import type { Declarations } from "@heliograph/agent";
import { counter, partOf, rows, swinging, type Individual } from "./individual.ts";
import { macAddress, traffic } from "./network.ts";

const BANDS = [
  { band: "2.4GHz", standards: "b,g,n,ax", bandwidth: "20MHz", channels: [1, 6, 11] },
  { band: "5GHz", standards: "a,n,ac,ax", bandwidth: "80MHz", channels: [36, 40, 44, 48, 52, 100, 149] },
] as const;
const FIRST_BAND = BANDS[0];

export const WIFI_CHANNEL = "Device.WiFi.Radio.1.Channel";

/** [TR-181 Device.WiFi.]: two bands, a network on each, and who uses them. */
export function wifi(individual: Individual, name: string): Declarations {
  return {
    "Device.WiFi.Radio.": {
      instances: rows(BANDS.length),
      row: (index) => radio(partOf(individual, "radio", index), index),
    },
    "Device.WiFi.SSID.": {
      instances: rows(BANDS.length),
      row: (index) => network(partOf(individual, "ssid", index), name, index),
    },
    "Device.WiFi.AccessPoint.": {
      instances: rows(BANDS.length),
      row: (index) => accessPoint(partOf(individual, "access point", index), index),
    },
  };
}

function radio(individual: Individual, index: number): Declarations {
  const { chance } = individual;
  const { band, standards, bandwidth, channels } = BANDS[index - 1] ?? FIRST_BAND;
  const possible: readonly number[] = channels;
  return {
    Enable: { type: "boolean", value: true, writable: true },
    Status: "Up",
    SupportedFrequencyBands: band,
    OperatingFrequencyBand: band,
    OperatingStandards: { type: "string", value: standards, writable: true },
    OperatingChannelBandwidth: { type: "string", value: bandwidth, writable: true },
    PossibleChannels: possible.join(","),
    AutoChannelEnable: { type: "boolean", value: chance.happens(0.7), writable: true },
    Channel: {
      type: "unsignedInt",
      value: chance.pick(possible),
      writable: true,
      check: (channel) => (possible.includes(channel) ? undefined : `must be one of ${possible.join(", ")}`),
    },
    TransmitPower: { type: "int", value: 100, writable: true },
    "Stats.Noise": swinging(individual, "int", { from: -98, to: -82 }),
    ...traffic(individual, 60_000),
  };
}

function network({ chance }: Individual, name: string, index: number): Declarations {
  return {
    Enable: { type: "boolean", value: true, writable: true },
    Status: "Up",
    LowerLayers: `Device.WiFi.Radio.${index}.`,
    BSSID: macAddress(chance),
    SSID: { type: "string", value: index === 1 ? name : `${name}-5G`, writable: true, check: tooLong },
  };
}

function tooLong(ssid: string): string | undefined {
  return ssid.length >= 1 && ssid.length <= 32 ? undefined : "must have 1 to 32 characters";
}

function accessPoint(individual: Individual, index: number): Declarations {
  const { chance } = individual;
  return {
    Enable: { type: "boolean", value: true, writable: true },
    Status: "Enabled",
    SSIDReference: `Device.WiFi.SSID.${index}.`,
    "Security.ModesSupported": "WPA2-Personal,WPA3-Personal",
    "Security.ModeEnabled": { type: "string", value: "WPA2-Personal", writable: true },
    "Security.KeyPassphrase": { type: "string", value: chance.hex(8), writable: true, hidden: true },
    "AssociatedDevice.": {
      instances: rows(chance.integer(0, 3)),
      row: (station) => associated(partOf(individual, "station", station)),
    },
  };
}

function associated(individual: Individual): Declarations {
  const { chance } = individual;
  return {
    MACAddress: macAddress(chance),
    AuthenticationState: true,
    SignalStrength: swinging(individual, "int", { from: -80, to: -40, seconds: 90 }),
    LastDataDownlinkRate: chance.integer(54_000, 866_000),
    "Stats.BytesSent": counter(individual, 20_000),
  };
}
