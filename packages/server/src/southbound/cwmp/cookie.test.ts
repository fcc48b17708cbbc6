import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../main/system-random.ts";
import { gatewayId } from "../../ports/index.ts";
import { gatewayOf, sessionCookie, sessionCookies, sessionId } from "./cookie.ts";

const id = "0123456789abcdef0123456789abcdef";

const headers: readonly (readonly [kind: string, header: string])[] = [
  ["alone", `session=${id}`],
  ["with its attributes, as netcwmp returns it", `session=${id}; Path=/; HttpOnly`],
  ["after other cookies", `lang=en; session=${id}`],
  ["joined by commas without spaces", `a=b,session=${id},c=d`],
  ["between a version and a path", `$Version=0; session=${id};$Path="/"`],
  ["quoted", `session="${id}"`],
  ["with its name in capitals", `SESSION=${id}`],
  ["quoted between a version and a path, as RFC 2965 has it", `$Version="1"; session="${id}"; $Path="/"`],
  ["behind all the cookies that a request's headers can hold", `${"a=b; ".repeat(3200)}session=${id}`],
];
for (const [kind, header] of headers) {
  test(`the session cookie is found ${kind}`, () => {
    assert.deepEqual(sessionCookies(header), [id]);
  });
}

test("an earlier session's cookie beside the present one hides neither", () => {
  const earlier = "f".repeat(32);
  assert.deepEqual(sessionCookies(`session=${earlier}; session=${id}`), [earlier, id]);
});

for (const header of [
  undefined,
  "",
  `mysession=${id}`,
  `session=${id}0`,
  `session=${id.slice(1)}`,
  `session=${id.toUpperCase()}`,
  "; ".repeat(9000) + `session=${id}`,
]) {
  test(`no session cookie is found in ${JSON.stringify(header?.slice(0, 60))}`, () => {
    assert.deepEqual(sessionCookies(header), []);
  });
}

test("a cookie names the gateway that holds its session", () => {
  const gateway = gatewayId("0a1b2c3d");
  const made = sessionId(gateway, systemRandom);
  assert.equal(gatewayOf(made), gateway);
  assert.notEqual(made, sessionId(gateway, systemRandom));
  assert.deepEqual(sessionCookies(sessionCookie(made)), [made]);
});

test("a cookie is set so that it reads back", () => {
  assert.equal(sessionCookie(id), `session=${id}; Path=/; HttpOnly`);
  assert.deepEqual(sessionCookies(sessionCookie(id)), [id]);
});
