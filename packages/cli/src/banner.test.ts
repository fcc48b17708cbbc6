import { readSettings, type Settings } from "@heliograph/server/settings";
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { acsUrls, banner } from "./banner.ts";

const ACS_URL = "http://127.0.0.1:7547/";
const STARTED = {
  southbound: { acsUrl: ACS_URL, secureAcsUrl: undefined },
  firstContact: { username: "device", password: "first-secret" },
  northbound: { url: "http://127.0.0.1:8080" },
  healthUrl: undefined,
};

function settings(flags: Readonly<Record<string, string>> = {}): Settings {
  return readSettings({ flags, environment: {}, file: {} });
}

test("the banner has what a device and a manager need, and what to try", () => {
  const text = banner(STARTED, settings({ southbound: "127.0.0.1:7547" }), {}).join("\n");
  assert.match(
    text,
    /ACS URL {4}http:\/\/127\.0\.0\.1:7547\/\n {2}user name {2}device\n {2}password {3}first-secret\n/,
  );
  assert.match(text, /API {8}http:\/\/127\.0\.0\.1:8080 /);
  assert.match(text, /token {6}in data\/client\.json/);
  assert.match(text, /Try next:\n {2}heliograph devices +\S.*\n {2}heliograph watch .*\n {2}heliograph get /);
});

test("a password that was set is not repeated", () => {
  const text = banner(STARTED, settings({ "device-password": "operators-own" }), {}).join("\n");
  assert.doesNotMatch(text, /operators-own|first-secret/);
});

test("what to try works as it stands: with the data folder, and as an npm script where npm started it", () => {
  const text = banner(STARTED, settings({ data: "/var/lib/hg" }), { npm_lifecycle_event: "start" }).join(
    "\n",
  );
  assert.match(text, /^ {2}npx heliograph devices --data \/var\/lib\/hg {2}/m);
});

test("a listener on any address gives every address of the machine, loopback last", () => {
  const urls = acsUrls(ACS_URL, settings());
  const outside = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (const { address, family, internal } of outside) {
    if (family === "IPv4" && !internal) assert.ok(urls.includes(`http://${address}:7547/`), address);
  }
  assert.equal(urls.at(-1), ACS_URL);
});

test("a public URL, or one address, is the only one", () => {
  const url = "https://acs.example.net/";
  assert.deepEqual(acsUrls(url, settings({ "public-url": url })), [url]);
  assert.deepEqual(acsUrls(ACS_URL, settings({ southbound: "127.0.0.1:7547" })), [ACS_URL]);
});

test("open enrolment of all devices is said aloud", () => {
  const text = banner(STARTED, settings({ "open-enrolment": "all" }), {}).join("\n");
  assert.match(text, /Every device that comes is enrolled, without a password/);
});

const TLS = { "tls-cert": "cert.pem", "tls-key": "key.pem" };

test("the ACS URL with TLS comes first where there is one", () => {
  const southbound = { acsUrl: ACS_URL, secureAcsUrl: "https://acs.example:7548/" };
  const started = { ...STARTED, southbound };
  const text = banner(started, settings({ southbound: "127.0.0.1:7547", ...TLS }), {}).join("\n");
  assert.match(
    text,
    /ACS URL {4}https:\/\/acs\.example:7548\/\n {8}or {3}http:\/\/127\.0\.0\.1:7547\/\n {2}user/,
  );
});

const PROXY = { "behind-proxy": "true" };
const PUBLIC = { "public-url": "https://acs.example/" };
const told: readonly (readonly [flags: Readonly<Record<string, string>>, whom: RegExp])[] = [
  [{}, /devices of this machine; others need TLS: --tls-cert, --tls-key/],
  [TLS, /devices that come by TLS or from this machine\.$/],
  [{ "allow-plain-light": "true" }, /every device that speaks it, also without TLS: allow-plain-light is on/],
  [PROXY, /nobody: behind a proxy, --public-url is needed/],
  [{ ...PROXY, ...PUBLIC }, /devices that come by TLS or from this machine/],
  [PUBLIC, /devices of this machine; others need TLS/],
  [{ ...TLS, "public-url": "http://acs.example/" }, /devices of this machine; others need TLS/],
];
for (const [flags, whom] of told) {
  test(`with ${JSON.stringify(flags)} the banner says who is told of the light transport`, () => {
    const lines = banner(STARTED, settings(flags), {}).filter((line) => line.includes("/light"));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", whom);
  });
}
