import type { Link, LinkListener, LightTransport } from "@heliograph/agent";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fragileTransport } from "./fragile-transport.ts";

const TARGET = { url: "ws://127.0.0.1/light", subprotocols: ["cwmp.json"], token: "t" };

/** A transport that does nothing by itself, and says what its links were told. */
function bench() {
  const told: string[] = [];
  const heard: string[] = [];
  const inner: LinkListener[] = [];
  const link: Link = {
    send: (message) => told.push(String(message)),
    close: (code) => told.push(`close ${code}`),
    drop: () => told.push("drop"),
  };
  const transport: LightTransport = {
    open(_target, listener) {
      inner.push(listener);
      return link;
    },
  };
  const fragile = fragileTransport(transport);
  const opened = fragile.open(TARGET, {
    opened: (subprotocol) => heard.push(`opened ${subprotocol}`),
    refused: ({ reason }) => heard.push(`refused ${reason}`),
    received: (message) => heard.push(`received ${String(message)}`),
    heard: () => heard.push("heard"),
    closed: (code) => heard.push(`closed ${code}`),
  });
  const [listener] = inner;
  assert.ok(listener !== undefined);
  return { fragile, listener, link, opened, told, heard };
}

test("everything passes as through the transport behind it", () => {
  const { listener, link, opened, heard } = bench();
  assert.equal(opened, link);
  listener.opened("cwmp.json");
  listener.received("text");
  listener.heard();
  listener.closed(1000, "");
  assert.deepEqual(heard, ["opened cwmp.json", "received text", "heard", "closed 1000"]);
});

test("an open connection breaks off once: it is dropped, and its device is told", () => {
  const { fragile, listener, told, heard } = bench();
  listener.opened("cwmp.json");
  fragile.breakOff();
  fragile.breakOff();
  assert.deepEqual(told, ["drop"]);
  assert.deepEqual(heard, ["opened cwmp.json", "closed 1006"]);
});

test("what is not open, or no more, does not break off", () => {
  const { fragile, listener, told, heard } = bench();
  fragile.breakOff();
  listener.opened("cwmp.json");
  listener.closed(1001, "draining");
  fragile.breakOff();
  assert.deepEqual(told, []);
  assert.deepEqual(heard, ["opened cwmp.json", "closed 1001"]);
});
