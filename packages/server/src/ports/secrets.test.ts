import assert from "node:assert/strict";
import { test } from "node:test";
import { isSecret, withoutSecrets } from "./secrets.ts";

test("passwords and keys are known by their names, and what only sounds alike is not", () => {
  for (const path of [
    "Device.ManagementServer.Password",
    "Device.ManagementServer.ConnectionRequestPassword",
    "Device.WiFi.AccessPoint.1.Security.KeyPassphrase",
    "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.PreSharedKey.1.PreSharedKey",
    "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.WEPKey.1.WEPKey",
    "Device.WiFi.AccessPoint.1.Security.RadiusSecret",
    "Device.Cellular.Interface.1.USIM.PIN",
  ]) {
    assert.ok(isSecret(path), path);
  }
  for (const path of [
    "Device.WiFi.SSID.1.SSID",
    "Device.IP.Diagnostics.IPPing.Host",
    "Device.X.KeyCount",
    "Device.Pinhole",
  ]) {
    assert.ok(!isSecret(path), path);
  }
});

test("secrets are hidden at any depth, what is empty or beside them is not", () => {
  const hidden = withoutSecrets({
    ParameterList: { "Device.Users.User.1.": { Password: ["open", "string"], Username: "jo" } },
    "Device.ManagementServer.Password": "sesame",
    list: [{ Password: "", KeyPassphrase: null }, "Password"],
  });
  assert.deepEqual(hidden, {
    ParameterList: { "Device.Users.User.1.": { Password: "(hidden)", Username: "jo" } },
    "Device.ManagementServer.Password": "(hidden)",
    list: [{ Password: "", KeyPassphrase: null }, "Password"],
  });
});
