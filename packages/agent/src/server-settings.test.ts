import assert from "node:assert/strict";
import { test } from "node:test";
import { dataModel } from "./data-model.ts";
import { ServerSettings } from "./server-settings.ts";

const SERVER = "Device.ManagementServer.";

for (const [host, url, expected] of [
  ["", "https://acs.example.org:7547/cwmp", "acs.example.org"],
  ["", "http://[2001:db8::1]:7547/", "2001:db8::1"],
  ["collector.example.org", "https://acs.example.org/", "collector.example.org"],
] as const) {
  test(`of the ACS ${url}${host && ` and the host ${host}`}, notifications go to ${expected} [CWMP-LWNOTIF-2]`, () => {
    const settings = new ServerSettings(
      dataModel({
        [`${SERVER}URL`]: url,
        [`${SERVER}UDPLightweightNotificationHost`]: host,
        [`${SERVER}UDPLightweightNotificationPort`]: 4_000,
      }),
    );
    const { lightweight } = settings;
    assert.deepEqual([lightweight.host, lightweight.port], [expected, 4_000]);
  });
}

test("a device compresses by what HTTPCompression names, and by nothing where that is Disabled or unknown [CWMP-HTTP-8]", () => {
  const compressionOf = (value: string) =>
    new ServerSettings(dataModel({ [`${SERVER}HTTPCompression`]: value })).compression;
  assert.deepEqual(["GZIP", "Deflate", "Disabled", "Compress"].map(compressionOf), [
    "GZIP",
    "Deflate",
    undefined,
    undefined,
  ]);
});
