import assert from "node:assert/strict";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { envelopeText, valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { openScriptedCpe } from "../scripted-cpe.ts";
import { BareDevice, proofOf, readCall } from "./bare-device.ts";

/** A session outlives 30 s of silence, and no more. */
const SILENCE_MS = 40_000;
const OK = { bytes: "HTTP/1.1 200 OK\r\n\r\n", close: true };

test("an RPC that nothing answers in time ends without an answer: a read is asked again, a reboot is not [QUIRKS-SESSION-64]", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  await using cpe = await openScriptedCpe([OK, OK], SILENCE_MS);
  const url = `http://127.0.0.1:${cpe.port}/`;
  await using reader = await BareDevice.equipped(server, {
    "Device.ManagementServer.ConnectionRequestURL": url,
  });
  const { login } = reader.own;
  await using rebooter = await BareDevice.known(server);
  const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
  const wanted = await rebooter.wanted({ method: "Reboot", params: { CommandKey: "k" } });

  await rebooter.post(rebooter.inform(), {});
  assert.equal(readCall(await rebooter.post("")).method, "Reboot");
  const asked = await reader.wanted(read);
  await cpe.requests.take();
  const prove = async () => proofOf(await reader.post(reader.inform(), {}), login);
  await reader.post(reader.inform(), await prove());
  const { id } = readCall(await reader.post(""));
  const began = performance.now();
  assert.deepEqual(await reader.kept(asked), { state: "running", attempts: 1 });

  // The session is over once the ACS asks for another.
  await cpe.requests.take();
  assert.ok(performance.now() - began > 29_000);
  assert.deepEqual(await reader.kept(asked), { state: "queued", attempts: 1 });
  const late = await reader.post(valuesText(id));
  assert.deepEqual([late.status, late.body], [400, "no such session: begin with an Inform\n"]);
  assert.equal((await reader.post(reader.inform(), await prove())).status, 200);
  assert.equal(readCall(await reader.post("")).method, "GetParameterValues");
  assert.deepEqual(await reader.kept(asked), { state: "running", attempts: 2 });

  assert.equal((await rebooter.post(envelopeText("<cwmp:RebootResponse/>"))).status, 400);
  assert.equal((await rebooter.kept(wanted)).state, "running", "its next Inform may tell");
  await rebooter.post(rebooter.inform(), {});
  assert.equal((await rebooter.post("")).status, 204);
  assert.equal((await rebooter.kept(wanted)).state, "outcome-unknown");
});
