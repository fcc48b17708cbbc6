import assert from "node:assert/strict";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { envelopeText, valuesText } from "../envelopes.ts";
import { BareDevice, proofOf, readCall } from "../quirks/bare-device.ts";
import { RunningServer } from "../running-server.ts";
import { openScriptedCpe } from "../scripted-cpe.ts";

/** A session outlives 30 s of silence, and no more. */
const SILENCE_MS = 40_000;
const OK = { bytes: "HTTP/1.1 200 OK\r\n\r\n", close: true };

const reboot = { method: "Reboot", params: { CommandKey: "k" } };
const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };

test("a device that asks for a longer SessionTimeout is waited for when another is given up [RPCS-SESSION-11]", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  await using patient = await BareDevice.known(server);
  const wanted = await patient.wanted(reboot);
  const header = "<s:Header><cwmp:SessionTimeout>60</cwmp:SessionTimeout>";
  await patient.post(patient.inform().replace("<s:Header>", header));
  assert.equal(readCall(await patient.post("")).method, "Reboot");

  await using cpe = await openScriptedCpe([OK, OK], SILENCE_MS);
  const url = `http://127.0.0.1:${cpe.port}/`;
  await using hasty = await BareDevice.equipped(server, {
    "Device.ManagementServer.ConnectionRequestURL": url,
  });
  await hasty.wanted(read);
  await cpe.requests.take();
  await hasty.post(hasty.inform(), proofOf(await hasty.post(hasty.inform(), {}), hasty.own.login));
  readCall(await hasty.post(""));
  // It is given up once the ACS asks for another session.
  await cpe.requests.take();
  assert.equal((await hasty.post(valuesText())).status, 400);
  assert.equal((await patient.post(envelopeText("<cwmp:RebootResponse/>"))).status, 204);
  assert.deepEqual(await patient.kept(wanted), { state: "done", attempts: 1, result: {} });
});
