import assert from "node:assert/strict";
import {
  decodeClientFrame,
  defaultStompLimits,
  encodeServerFrame,
  StompReader,
  writeFrame,
} from "@heliograph/protocol";
import type { ClientFrame, SendFrame, ServerFrame } from "@heliograph/protocol";
import type { LinkMessage } from "./link.ts";

const NO_BODY = new Uint8Array(0);

/** The bytes of a frame of the ACS. */
export function frameOf(frame: ServerFrame): Uint8Array {
  const bytes = writeFrame(encodeServerFrame(frame), "1.2");
  assert.ok(bytes.ok);
  return bytes.value;
}

/** The device is let in; `headers`: what else is said with it. */
export function connected(headers: Readonly<Record<string, string>> = {}, heartBeat = "0,0"): Uint8Array {
  const [sends = 0, wants = 0] = heartBeat.split(",").map(Number);
  return frameOf({
    command: "CONNECTED",
    version: "1.2",
    heartBeat: { sends, wants },
    session: "s",
    server: "acs",
    headers: new Map(Object.entries(headers)),
  });
}

export function receipt(receiptId: string): Uint8Array {
  return frameOf({ command: "RECEIPT", receiptId, headers: new Map() });
}

/** What goes to a subscription of the device, which is named as its destination without the slash. */
export function message(
  destination: "/requests" | "/responses",
  headers: Readonly<Record<string, string>>,
  body: object | string,
): Uint8Array {
  return frameOf({
    command: "MESSAGE",
    destination,
    messageId: "m",
    subscription: destination.slice(1),
    ack: undefined,
    contentType: "application/json",
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  });
}

export function error(reason: string, headers: Readonly<Record<string, string>> = {}): Uint8Array {
  return frameOf({
    command: "ERROR",
    message: reason,
    receiptId: undefined,
    contentType: undefined,
    headers: new Map(Object.entries(headers)),
    body: NO_BODY,
  });
}

/** The frames in what a device sent; its signs of life are passed over. */
export function framesIn(sent: LinkMessage): readonly ClientFrame[] {
  const bytes = typeof sent === "string" ? Buffer.from(sent) : sent;
  const frames: ClientFrame[] = [];
  for (const item of new StompReader(defaultStompLimits).read(bytes)) {
    assert.ok(item.ok);
    if (item.value.kind === "heart-beat") continue;
    const frame = decodeClientFrame(item.value.frame, "1.2");
    assert.ok(frame.ok, JSON.stringify(frame));
    frames.push(frame.value);
  }
  return frames;
}

export function oneFrame<C extends ClientFrame["command"]>(
  sent: LinkMessage,
  command: C,
): Extract<ClientFrame, { readonly command: C }> {
  const [frame, ...more] = framesIn(sent);
  assert.ok(
    frame !== undefined && more.length === 0 && isOf(frame, command),
    `${command}, not ${String(sent)}`,
  );
  return frame;
}

export function bodyOf({ body }: SendFrame): unknown {
  return JSON.parse(Buffer.from(body).toString());
}

function isOf<C extends ClientFrame["command"]>(
  frame: ClientFrame,
  command: C,
): frame is Extract<ClientFrame, { readonly command: C }> {
  return frame.command === command;
}
