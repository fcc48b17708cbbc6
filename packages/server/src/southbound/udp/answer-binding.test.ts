import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeStun, encodeStun, stunLimits, type BindingRequest } from "@heliograph/protocol";
import { answerBinding, hmacSha1 } from "./answer-binding.ts";

const from = { host: "192.0.2.1", port: 5000 };
const login = { username: "cpe", password: "secret" };
const bare: BindingRequest = {
  type: "binding-request",
  transaction: "00112233445566778899aabbccddeeff",
  forConnectionRequests: true,
  bindingChanged: false,
  unknown: [],
};

function signed(password: string, username = "cpe"): BindingRequest {
  const bytes = encodeStun({ ...bare, username }, { password, hmac: hmacSha1 });
  const read = decodeStun(bytes, stunLimits);
  assert.ok(read.ok && read.value.type === "binding-request");
  return read.value;
}

test("a Binding Request is answered with where it came from [CWMP-UDP-7]", () => {
  const { message, to } = answerBinding(bare, from, undefined);
  assert.deepEqual(to, from);
  const { type, transaction } = { ...bare, type: "binding-response" };
  assert.deepEqual(message, { type, transaction, mapped: { address: "192.0.2.1", port: 5000 } });
});

test("an answer goes to another port of the host that asked, but to no other host [CWMP-UDP-7]", () => {
  const own = answerBinding({ ...bare, responseAddress: { address: "192.0.2.1", port: 9 } }, from, undefined);
  assert.deepEqual(own.to, { host: "192.0.2.1", port: 9 });
  assert.ok(own.message.type === "binding-response");
  assert.deepEqual(own.message.reflectedFrom, { address: "192.0.2.1", port: 5000 });
  const address = "2001:db8:0:0:0:0:0:1";
  const own6 = answerBinding(
    { ...bare, responseAddress: { address, port: 9 } },
    { host: "2001:db8::1", port: 5000 },
    undefined,
  );
  assert.deepEqual(own6.to, { host: "2001:db8::1", port: 9 });
  const other = answerBinding(
    { ...bare, responseAddress: { address: "192.0.2.2", port: 9 } },
    from,
    undefined,
  );
  assert.deepEqual(other.to, from);
  assert.ok(other.message.type === "binding-error" && other.message.code === 420);
});

test("what must be understood and is not is refused by name [CWMP-UDP-7]", () => {
  const { message } = answerBinding({ ...bare, unknown: [3, 4, 5, 6, 7] }, from, undefined);
  assert.ok(message.type === "binding-error");
  assert.deepEqual([message.code, message.unknown], [420, [3, 4, 5, 6]]);
});

test("where devices have a STUN login, it is asked for, checked, and proved in turn [CWMP-UDP-9]", () => {
  for (const [request, outcome] of [
    [bare, 401],
    [{ ...bare, username: "cpe" }, 401],
    [signed("guess"), 431],
    [signed("secret", "other"), 431],
    [signed("secret"), "binding-response"],
  ] as const) {
    const { message, signing } = answerBinding(request, from, login);
    assert.equal(message.type === "binding-error" ? message.code : message.type, outcome);
    assert.equal(signing?.password, outcome === "binding-response" ? "secret" : undefined);
  }
});

test("no answer is more than 24 bytes longer than its request: nobody is flooded by way of the ACS", () => {
  const hosts = ["192.0.2.1", "2001:db8::1"];
  const logins = [undefined, login];
  const requests = [
    bare,
    { ...bare, transaction: `2112a442${"0".repeat(24)}` },
    signed("secret"),
    signed("guess"),
  ];
  for (const request of [...requests, { ...bare, forConnectionRequests: false, unknown: [3] }]) {
    for (const host of hosts) {
      for (const asked of logins) {
        const { message, signing } = answerBinding(request, { host, port: 1 }, asked);
        const asking = request.integrity === undefined ? undefined : { password: "x", hmac: hmacSha1 };
        const grown = encodeStun(message, signing).length - encodeStun(plain(request), asking).length;
        assert.ok(grown <= 24, `${grown} more`);
      }
    }
  }
});

/** As short as it can be and still be that request: without what only says what it is for. */
function plain(request: BindingRequest): BindingRequest {
  return { ...request, forConnectionRequests: false };
}
