import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "@heliograph/testkit";
import type { Decoded } from "../decoded.ts";
import { problems } from "../problems.ts";
import { readUdpConnectionRequest, writeUdpConnectionRequest } from "./connection-request.ts";
import {
  lightNotificationLimits,
  readLightNotification,
  writeLightNotification,
} from "./light-notification.ts";

const signing = { password: "p", hmac: () => "00" };
const requests = [
  "GET http://10.1.1.1:8080?ts=1120673700&id=1234&un=CPE&cn=XTG&sig=3545F7B5 HTTP/1.1\r\nHost: 10.1.1.1:8080\r\n\r\n",
  "GET http://[::1]:8080/?ts=0&id=0&un=%20&cn=&sig=%C3%BC HTTP/1.0\nHost: a\n\n",
];
const notifications = [
  '<?xml version="1.0"?><Notification xmlns="urn:broadband-forum-org:cwmp:lwnotif-1-0"><TS>1</TS><UN>u</UN><CN>c</CN>' +
    "<OUI>F0F0F0</OUI><ProductClass>R</ProductClass><SerialNumber>1</SerialNumber>" +
    "<Param><Name>Device.A</Name><Value>1 &amp; 2</Value></Param></Notification>",
];

function isDeclared(decoded: Decoded<unknown>): void {
  if (decoded.ok) return;
  const { reason, at, detail } = decoded.problem;
  assert.ok(Object.hasOwn(problems, reason) && at !== "" && detail !== "");
}

test("any text is a UDP connection request or a declared problem [CWMP-UDP-1]", (t) =>
  fuzz(t, {
    seeds: requests,
    tokens: ["GET http://", "?ts=1", "&id=2", "&un=", "&cn=", "&sig=", " HTTP/1.1\r\n", "%", "%ZZ", "%00"],
    judge(text) {
      const read = readUdpConnectionRequest(text);
      isDeclared(read);
      if (!read.ok) return;
      const { signature: _, ...request } = read.value;
      const again = readUdpConnectionRequest(writeUdpConnectionRequest(request, signing));
      if (again.ok) assert.deepEqual(again.value, { ...request, signature: "00" });
    },
  }));

test("any text is a lightweight notification or a declared problem [CWMP-LWNOTIF-1]", (t) =>
  fuzz(t, {
    seeds: notifications,
    tokens: [
      "<Param>",
      "</Param>",
      "<Name>",
      "<Value/>",
      "<Notification>",
      "<TS>1</TS>",
      "<lwn:",
      "POST / HTTP/1.1\n\n",
    ],
    judge(text) {
      const read = readLightNotification(text, lightNotificationLimits);
      isDeclared(read);
      if (!read.ok) return;
      const again = readLightNotification(writeLightNotification(read.value), lightNotificationLimits);
      assert.deepEqual(again, read);
    },
  }));
