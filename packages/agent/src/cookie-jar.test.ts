import assert from "node:assert/strict";
import { test } from "node:test";
import { CookieJar } from "./cookie-jar.ts";

test("cookies come back by name and value only, several in one header [CWMP-HTTP-9]", () => {
  const jar = new CookieJar();
  assert.equal(jar.header(), undefined);
  jar.store(["session=abc; Path=/; HttpOnly", "route = node1", "malformed", "=nameless"]);
  assert.equal(jar.header(), "session=abc; route=node1");
});

test("there is room for 512 bytes of cookies, and for more [CWMP-HTTP-10]", () => {
  const jar = new CookieJar();
  const cookies = ["a", "b", "c", "d"].map((name) => `${name}=${"x".repeat(512)}`);
  jar.store(cookies);
  assert.equal(jar.header(), cookies.join("; "));
});

test("the last value of a name counts, and Max-Age=0 takes it away", () => {
  const jar = new CookieJar();
  jar.store(["session=old", "route=1"]);
  jar.store(["session=new; Max-Age=60", "route=gone; max-age=0"]);
  assert.equal(jar.header(), "session=new");
  jar.clear();
  assert.equal(jar.header(), undefined);
});
