import assert from "node:assert/strict";
import { test } from "node:test";
import {
  lightNotificationLimits,
  readLightNotification,
  writeLightNotification,
} from "./light-notification.ts";

const notification = {
  timestamp: 1_700_000_000,
  username: "F0F0F0-Router-0001",
  cnonce: "7b0c",
  device: { OUI: "F0F0F0", ProductClass: "Router", SerialNumber: "0001" },
  parameters: [
    { name: "Device.WiFi.Radio.1.Channel", value: "36" },
    { name: "Device.X", value: " a < b " },
  ],
};

test("a notification says who, when and what changed [CWMP-LWNOTIF-1]", () => {
  const read = readLightNotification(writeLightNotification(notification), lightNotificationLimits);
  assert.deepEqual(read, { ok: true, value: notification });
});

test("lines that look like HTTP, and a default namespace, are as good [CWMP-LWNOTIF-1]", () => {
  const plain = writeLightNotification(notification).replaceAll("lwn:", "").replace("xmlns:lwn", "xmlns");
  const head = "POST /HTTPS/1.1 \n HOST: acs \n Content-Lenght: 700\n Signature: 00ff\n\n";
  assert.deepEqual(readLightNotification(head + plain, lightNotificationLimits), {
    ok: true,
    value: notification,
  });
});

test("what says not who it is of, when or what is refused", () => {
  const whole = writeLightNotification(notification);
  for (const [text, reason] of [
    ["", "not-xml"],
    [whole.slice(0, -10), "not-xml"],
    ["<Inform/>", "bad-field"],
    [whole.replace(/<lwn:TS>.*<\/lwn:TS>/, ""), "bad-field"],
    [whole.replace(/<lwn:SerialNumber>.*<\/lwn:SerialNumber>/, ""), "bad-field"],
    [whole.replace(/<lwn:Param>.*<\/lwn:Param>/, ""), "bad-field"],
    [whole.replace("<lwn:Name>Device.X</lwn:Name>", ""), "bad-field"],
    [`<a>${"x".repeat(65_535)}</a>`, "over-limit"],
    ["<!DOCTYPE x><Notification/>", "forbidden-markup"],
  ] as const) {
    const read = readLightNotification(text, lightNotificationLimits);
    assert.equal(read.ok ? "read" : read.problem.reason, reason, text.slice(0, 100));
  }
});
