import { freePort, ScriptedAcs } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedTerminal, type Surroundings } from "../recorded-terminal.fixture.ts";
import { run } from "../run.ts";

/** Runs `simulate` with one device, as the scripted ACS holds one session at a time. */
async function simulate(args: readonly string[], surroundings: Surroundings = {}) {
  const terminal = recordedTerminal(surroundings);
  const exitCode = await run(["simulate", "--devices", "1", ...args], terminal);
  return { exitCode, terminal };
}

test("what came of the fleet is told with its latencies", async () => {
  await using acs = await new ScriptedAcs().open();
  acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo."] } });
  const { exitCode, terminal } = await simulate([
    "--acs",
    acs.url,
    "--duration",
    "500ms",
    "--mix",
    "classic",
  ]);
  assert.equal(exitCode, 0, terminal.errors());
  const text = terminal.output();
  assert.match(text, /^devices +1 of 1 started, 1 informed, 0 attached at the end$/m);
  assert.match(text, /^classic sessions +1, \d/m);
  assert.match(text, /^RPCs served +1, \d/m);
  assert.match(
    text,
    /^milliseconds +p50 +p95 +p99 +max +count\nstart to first session's end( +\d[\d.]*){4} +1\n/m,
  );
  assert.match(text, /^RPC to its answer( +\d[\d.]*){4} +1$/m);
  assert.doesNotMatch(text, /failures/);
  assert.match(terminal.errors(), /^\d s {2}1\/1 started {2}1 informed {2}0 attached .* no failures$/m);
});

test("--json gives it to a program", async () => {
  await using acs = await new ScriptedAcs().open();
  const { terminal } = await simulate(["--acs", acs.url, "--duration", "500ms", "--name", "X", "--json"]);
  assert.partialDeepStrictEqual(JSON.parse(terminal.output()), {
    devices: 1,
    started: 1,
    informed: 1,
    failures: [],
    latencies: { informed: { count: 1 } },
  });
  assert.equal((await acs.informs.take()).DeviceId.SerialNumber, "X000001");
});

for (const [args, subprotocol] of [
  [["--mix", "light"], "cwmp.json"],
  [["--mix", "light", "--subprotocol", "v12.stomp"], "v12.stomp"],
  [["--mix", "soap=1,stomp=0"], "cwmp.soap"],
] as const) {
  test(`devices of ${args.join(" ")} offer ${subprotocol}, and are told of as those that speak it`, async () => {
    await using acs = await new ScriptedAcs().open();
    const { terminal } = await simulate(["--acs", acs.url, "--duration", "500ms", "--json", ...args]);
    const { ParameterList } = await acs.informs.take();
    const offered = ParameterList["Device.ManagementServer."]?.["X_HELIOGRAPH_WebSocketSubprotocols"];
    assert.equal(offered, subprotocol);
    assert.partialDeepStrictEqual(JSON.parse(terminal.output()), {
      parts: [{ speaks: subprotocol, started: 1, informed: 1, latencies: { informed: { count: 1 } } }],
    });
  });
}

test("Ctrl-C ends a fleet without an end of its own", async () => {
  await using acs = await new ScriptedAcs().open();
  const onStart = (terminal: { interrupt(): void }): void => {
    void acs.endings.take().then(() => terminal.interrupt());
  };
  const { terminal } = await simulate(["--acs", acs.url], { onStart });
  assert.match(terminal.output(), /^devices +1 of 1 started/m);
  assert.match(terminal.errors(), /switching the devices off/);
});

test("an ACS that nobody reached ends with 3, and says why", async () => {
  const { exitCode, terminal } = await simulate([
    ...["--acs", `http://127.0.0.1:${await freePort()}/`],
    ...["--duration", "300ms"],
  ]);
  assert.equal(exitCode, 3);
  assert.match(terminal.errors(), /no device reached the ACS: .*ECONNREFUSED/);
  assert.match(terminal.output(), /^failures\n {2}1 {2}.*ECONNREFUSED/m);
});

test("the shared secret comes from the environment, or a flag", async () => {
  const secret = { username: "device", password: "first contact" };
  await using acs = await new ScriptedAcs(secret).open();
  const environment = { HELIOGRAPH_DEVICE_PASSWORD: secret.password };
  const args = ["--acs", acs.url, "--duration", "500ms"];
  assert.equal((await simulate(args, { environment })).exitCode, 0);
  assert.equal((await simulate([...args, "--device-password", secret.password])).exitCode, 0);
  assert.equal((await simulate(args)).exitCode, 3);
});

for (const [args, says] of [
  [["--devices", "0"], /--devices must be a whole number/],
  [["--mix", "101"], /--mix must be light, classic, mixed, a percentage such as 25 or shares/],
  [["--mix", "some"], /--mix must be/],
  [["--mix", "toast=1"], /--mix must have shares of json, soap, .*classic, such as soap=1; one is "toast=1"/],
  [["--mix", "soap=0"], /--mix must give somebody a share/],
  [["--mix", "soap=1", "--subprotocol", "cwmp.soap"], /--subprotocol is for a --mix without shares/],
  [["--subprotocol", "cwmp.cbor"], /--subprotocol must be of cwmp.json, cwmp.soap/],
  [["--kinds", "router,toaster"], /--kinds must be of router, .*; one is "toaster"/],
  [["--rate", "0"], /--rate must be more than 0/],
  [["--duration", "soon"], /--duration must be a time/],
  [["--acs", "127.0.0.1:7547"], /--acs must be an http or https URL/],
  [["--name", "a b"], /--name must be letters/],
  [["--listen", "7548"], /--listen must be host:port/],
  [["--nat", "3478"], /--nat must be host:port/],
  [["--nat", "127.0.0.1:0"], /--nat must be host:port/],
  [["--slow", "120"], /--slow must be a percentage/],
  [["--transfers", "lost=5"], /--transfers must be of denied, .*twice, such as late=5; one is "lost=5"/],
  [["--transfers", "late=60,twice=41"], /--transfers gives away more than all devices/],
] as const) {
  test(`${args.join(" ")} is refused before any device is switched on`, async () => {
    const { exitCode, terminal } = await simulate([...args]);
    assert.equal(exitCode, 2);
    assert.match(terminal.errors(), says);
    assert.equal(terminal.output(), "");
  });
}
