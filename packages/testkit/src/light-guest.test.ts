import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeTokenAnswer, encodeTokenFault, encodeTokenRequest } from "@heliograph/protocol";
import { lightGuest } from "./light-guest.ts";
import type { Guest } from "./returning-guest.ts";

const REFERENCE = {
  url: "ws://127.0.0.1:9/light",
  subprotocol: "cwmp.json",
  token: "t.first",
  expiresIn: 600,
};

interface Bench {
  readonly guest: Guest;
  /** CommandKeys of the reboots that it ran. */
  readonly ran: readonly string[];
  readonly said: readonly string[];
  readonly hear: (text: string) => string;
}

function openBench(): Bench {
  const [ran, said]: [string[], string[]] = [[], []];
  const guest = lightGuest(REFERENCE, (call) => {
    if (call.method === "Reboot") ran.push(call.params.CommandKey ?? "");
    return {};
  });
  return { guest, ran, said, hear: (text) => guest.hear(text, (answer) => void said.push(answer)) };
}

const reboot = (id: string): string =>
  encodeTokenRequest({ id, method: "Reboot", params: { CommandKey: id } });

test("what is asked with an id that was answered is answered again, and not done again", () => {
  const { ran, said, hear } = openBench();
  for (const id of ["a1", "a2", "a1"]) hear(reboot(id));
  assert.deepEqual(ran, ["a1", "a2"]);
  assert.equal(said[2], said[0]);
});

test("of the answers the last eight are kept", () => {
  const { ran, hear } = openBench();
  for (let number = 1; number <= 9; number += 1) hear(reboot(`a${number}`));
  hear(reboot("a2"));
  assert.equal(ran.length, 9);
  hear(reboot("a1"));
  assert.equal(ran.length, 10);
});

test("the answer to Attach lets it in, a fault does not", () => {
  const { guest, hear } = openBench();
  assert.match(guest.greeting(), /"method":"Attach"/);
  assert.equal(hear(encodeTokenFault("d1", { code: 8005, message: "Retry request" })), "turned-away");
  assert.equal(hear(encodeTokenAnswer("d2", { Token: "t.second" })), "welcome");
  assert.throws(() => hear(encodeTokenAnswer("d3", {})), /without a token/);
});
