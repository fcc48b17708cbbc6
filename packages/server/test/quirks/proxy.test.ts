import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { BareDevice, postText, readCall } from "./bare-device.ts";
import type { Headers } from "./bare-device.ts";
import { BareWire } from "./bare-wire.ts";
import type { BareReply } from "./bare-wire.ts";
import { assertInformed, assertNothing } from "./messages-odd-device.ts";
import { Nginx, whyNoNginx } from "./proxy-nginx.ts";
import type { NginxSetup } from "./proxy-nginx.ts";

const skip = whyNoNginx() ?? false;
const resources = new AsyncDisposableStack();
let server: RunningServer;
before(async () => {
  if (skip !== false) return;
  server = resources.use(
    await RunningServer.start(resources.use(tempDir()), "loopback", { "behind-proxy": "true" }),
  );
});
after(() => resources.disposeAsync());

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const done = { state: "done", attempts: 1, result: { ParameterList: { "Device.": { X: "1" } } } };

const KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";';
const LETS_THROUGH = "ignore_invalid_headers off; underscores_in_headers on;";

/** A setup of the proxy, the headers that a device sends, and the cookie that it is given. */
interface Way {
  readonly kind: string;
  readonly setup?: NginxSetup;
  readonly headers?: Headers;
  readonly cookie?: RegExp;
}

const underscored = { X_CPE_Serial: "1", CONTENT_TYPE: "text/xml", Soap_Action: "" };
const ways: readonly Way[] = [
  { kind: "as it comes, which speaks HTTP/1.0 to the ACS" },
  { kind: "that keeps its connections to the ACS", setup: { location: KEPT } },
  { kind: "that drops header names with underscores", headers: underscored },
  {
    kind: "that lets header names with underscores through",
    setup: { server: LETS_THROUGH },
    headers: underscored,
  },
  { kind: "that drops header names that are none", headers: { "X(Odd)": "1", "X@Odd": "2", "{X}": "3" } },
  {
    kind: "that lets odd but allowed header names through",
    setup: { server: LETS_THROUGH },
    headers: { "X!#$%&'*+.^`|~": "1" },
  },
  {
    kind: "that leads a path of its own to the ACS, and the cookie's path back",
    setup: { path: "/cwmp/acs/", location: "proxy_cookie_path / /cwmp/acs/;" },
    cookie: /; Path=\/cwmp\/acs\/; HttpOnly$/,
  },
  {
    kind: "that gives the cookie flags and a domain",
    setup: {
      location:
        "proxy_cookie_flags session secure samesite=strict; proxy_cookie_path / '/; Domain=acs.example';",
    },
    cookie: /; Path=\/; Domain=acs\.example; HttpOnly; Secure; SameSite=Strict$/i,
  },
  {
    kind: "that hands bodies on while they come",
    setup: { location: `${KEPT} proxy_request_buffering off; proxy_buffering off;` },
  },
  {
    kind: "and another before it",
    headers: { "X-Forwarded-For": "203.0.113.7, 10.0.0.1", Via: "1.1 other" },
  },
  {
    kind: "with an empty SOAPAction and Expect: 100-continue",
    headers: { SOAPAction: "", Expect: "100-continue" },
  },
];
for (const { kind, setup, headers = {}, cookie = /; Path=\/; HttpOnly$/ } of ways) {
  test(
    `a device behind a proxy ${kind} has its session to the end, and a call done [QUIRKS-PROXY-71]`,
    { skip },
    async () => {
      await using nginx = await Nginx.before(server.life.acsUrl, setup);
      await using device = new BareDevice(server);
      using way = await ProxiedWay.open(nginx, headers);
      assertInformed(await way.post(device.inform({ events: ["0 BOOTSTRAP"] })));
      assert.match(way.setCookie, cookie);
      assertNothing(await way.post(""));
      const operation = await device.wanted(read);
      assertInformed(await way.post(device.inform()));
      const { method, id } = readCall(await way.post(""));
      assert.equal(method, "GetParameterValues");
      assertNothing(await way.post(valuesText(id)));
      assert.deepEqual(await device.kept(operation), done);
      assert.equal((await server.client.devices.get(device.key)).address, "127.0.0.1");
    },
  );
}

test(
  "devices whose POSTs come over one connection of the proxy are told apart by their cookies [QUIRKS-PROXY-71]",
  { skip },
  async () => {
    await using nginx = await Nginx.before(server.life.acsUrl, { location: KEPT });
    await using one = new BareDevice(server);
    await using other = new BareDevice(server);
    using way = await ProxiedWay.open(nginx);
    using others = await ProxiedWay.open(nginx);
    assertInformed(await way.post(one.inform({ events: ["0 BOOTSTRAP"] })));
    assertInformed(await others.post(other.inform({ events: ["0 BOOTSTRAP"] })));
    const operation = await one.wanted(read);
    assertNothing(await others.post(""));
    using nobodys = await ProxiedWay.open(nginx);
    assert.equal((await nobodys.post("")).status, 401, "without a cookie it is nobody's");
    const { id } = readCall(await way.post(""));
    assert.equal((await nobodys.post(valuesText(id))).status, 400);
    assertNothing(await way.post(valuesText(id)));
    assert.deepEqual(await one.kept(operation), done);
  },
);

test(
  "a device with credentials of its own proves them by a URL that the ACS does not see [QUIRKS-PROXY-71]",
  { skip },
  async () => {
    const setup = { path: "/cwmp/acs/", location: "proxy_cookie_path / /cwmp/acs/;" };
    await using nginx = await Nginx.before(server.life.acsUrl, setup);
    await using device = await equipped(nginx);
    const operation = await server.client.operations.create(device.key, read);
    await device.inform();
    await device.expectRpc("GetParameterValues");
    await device.answer({ ParameterList: { "Device.": { X: "1" } } });
    await device.expectNothing();
    assert.equal((await server.client.operations.get(operation.id)).state, "done");
    assert.equal((await server.client.devices.get(device.key)).credentials, "confirmed");
  },
);

test(
  "a device comes from where the last proxy says, and is of this machine where that says so [QUIRKS-PROXY-71]",
  { skip },
  async () => {
    await using near = await Nginx.before(server.life.acsUrl);
    await using device = await equipped(near);
    assert.equal((await server.client.devices.get(device.key)).address, "127.0.0.1");

    await using far = await Nginx.before(server.life.acsUrl, { forwardedFor: "127.0.0.1, 203.0.113.7" });
    device.moveTo(far.url);
    await device.inform();
    await device.expectNothing();
    assert.equal((await server.client.devices.get(device.key)).address, "203.0.113.7");
    await using stranger = new LockstepDevice({ acsUrl: far.url });
    await stranger.sendInform({ events: ["0 BOOTSTRAP"] });
    await stranger.expectStatus(401);
  },
);

/** A device that was enrolled through the proxy, and took credentials of its own. */
async function equipped({ url }: Nginx): Promise<LockstepDevice> {
  const device = new LockstepDevice({ acsUrl: url });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  const { params } = await device.expectRpc("SetParameterValues");
  device.adopt(params.ParameterList);
  await device.answer({ Status: 0 });
  await device.expectNothing();
  return device;
}

/** A connection to the proxy, and the cookie that came over it. */
class ProxiedWay implements Disposable {
  readonly #wire: BareWire;
  readonly #path: string;
  readonly #headers: Headers;
  #setCookie = "";

  private constructor(wire: BareWire, path: string, headers: Headers) {
    this.#wire = wire;
    this.#path = path;
    this.#headers = headers;
  }

  static async open({ url }: Nginx, headers: Headers = {}): Promise<ProxiedWay> {
    return new ProxiedWay(await BareWire.open(url), new URL(url).pathname, headers);
  }

  /** The Set-Cookie header that came last. */
  get setCookie(): string {
    return this.#setCookie;
  }

  async post(body: string): Promise<BareReply> {
    const cookie = this.#setCookie === "" ? {} : { Cookie: this.#setCookie.replace(/;.*$/, "") };
    this.#wire.write(
      postText(body, { ...this.#headers, ...cookie }).replace("POST / ", `POST ${this.#path} `),
    );
    const reply = await this.#wire.reply();
    const [set] = reply.headers.get("set-cookie") ?? [];
    if (set !== undefined) this.#setCookie = set;
    return reply;
  }

  [Symbol.dispose](): void {
    this.#wire.cut();
  }
}
