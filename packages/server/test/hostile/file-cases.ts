import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { ApiError } from "@heliograph/api/client";
import { fileLinks } from "../../src/main/file-links.ts";
import { operationId } from "../../src/ports/index.ts";
import { TransferringDevice } from "../transferring-device.ts";
import type { Attacker } from "./attacker.ts";
import { tally, type HostileCase } from "./hostile-case.ts";

const MIB = 1024 * 1024;
const TEN_GIB = 10 * 1024 * MIB;
let devices = 0;

/** A device that has been asked to fetch a file of so many bytes, and where it is. */
async function downloading(attacker: Attacker, bytes: number) {
  devices += 1;
  const { acsUrl } = attacker.target.server.life;
  const deviceId = { SerialNumber: `FILES${devices}` };
  await using it = await TransferringDevice.enrol(attacker.client, { acsUrl, deviceId });
  const file = await attacker.client.files.add({ name: "great.bin" }, Buffer.alloc(bytes, "great"));
  const operation = await attacker.client.operations.download(it.key, { file: file.id });
  const { URL: url } = await it.acceptDownload();
  return { file, operation, url: new URL(url) };
}

async function uploading(attacker: Attacker): Promise<URL> {
  devices += 1;
  const { acsUrl } = attacker.target.server.life;
  const deviceId = { SerialNumber: `FILES${devices}` };
  await using it = await TransferringDevice.enrol(attacker.client, { acsUrl, deviceId });
  await attacker.client.operations.upload(it.key);
  return new URL((await it.acceptUpload()).URL);
}

function get(path: string, headers: readonly string[] = []): string {
  return `GET ${path} HTTP/1.1\r\nHost: acs\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`;
}

const paths = [
  "/files/../heliograph.db",
  "/files/..%2f..%2fsecret.key",
  "/files/0123456789abcdef/../../../secret.key",
  "/files//etc/passwd",
  "/files/0123456789abcdef/AAAA/%2e%2e%2fsecret.key",
  "/uploads/..%2f..%2fsecret.key/x",
];

const ranges: readonly (readonly [name: string, range: string, expected: string])[] = [
  ["a range that is the wrong way round", "bytes=9-1", "200, 2000 bytes"],
  ["ranges over each other", "bytes=0-1999,0-1999,0-1999,0-1999", "200, 2000 bytes"],
  ["a range beyond its end", "bytes=2000-", "416, 26 bytes"],
  ["a range beyond any number", `bytes=${"9".repeat(400)}-`, "200, 2000 bytes"],
  ["a range to beyond any number", `bytes=0-${"9".repeat(400)}`, "200, 2000 bytes"],
  ["the last bytes, of which there are fewer", "bytes=-999999999999999999999", "200, 2000 bytes"],
  ["no last bytes", "bytes=-0", "416, 26 bytes"],
  ["a range of another unit", "lines=1-2", "200, 2000 bytes"],
];

export const fileCases: readonly HostileCase[] = [
  {
    name: "paths out of the folder of files",
    async attack(attacker) {
      return tally(await Promise.all(paths.map((path) => attacker.sent(get(path)))));
    },
    expected: "1 × 403, closed; 4 × 404, closed; 1 × 405, closed",
  },
  {
    name: "a link to another file, of another transfer, made up, or expired",
    async attack(attacker) {
      const [one, other] = [await downloading(attacker, 10), await downloading(attacker, 10)];
      const [, , , token = "", name = ""] = one.url.pathname.split("/");
      const transfer = operationId(other.operation.id);
      if (transfer === undefined) throw new Error("the operation has no id");
      const scope = `files/${other.file.id}`;
      const expired = fileLinks(attacker.target.secret).mint({
        scope,
        transfer,
        expiresAt: Date.now() - 1_000,
      });
      const own = fileLinks("0".repeat(64)).mint({ scope, transfer, expiresAt: Date.now() + 60_000 });
      const tried = [token, expired, own, "A".repeat(50), `${token}A`].map((each) =>
        attacker.sent(get(`/files/${other.file.id}/${each}/${name}`)),
      );
      return tally(await Promise.all(tried));
    },
    expected: "5 × 403, closed",
  },
  {
    name: "a thousand ranges of one file",
    async attack(attacker) {
      const { url } = await downloading(attacker, 2_000);
      const ranges = Array.from({ length: 1_000 }, (_, index) => `${index}-`).join(",");
      const response = await fetch(url, { headers: { range: `bytes=${ranges}` } });
      return `${response.status}, ${(await response.arrayBuffer()).byteLength} bytes`;
    },
    expected: "200, 2000 bytes",
  },
  {
    name: "200 readers of one link that read nothing",
    async attack(attacker) {
      const { url } = await downloading(attacker, 64 * MIB);
      const responses = await Promise.all(Array.from({ length: 200 }, () => fetch(url)));
      const statuses = responses.map(({ status }) => String(status));
      for (const { body } of responses) await body?.cancel();
      return tally(statuses);
    },
    expected: "4 × 200; 196 × 503",
  },
  {
    name: "an upload of 10 GiB by its length",
    async attack(attacker) {
      const { pathname } = await uploading(attacker);
      return attacker.sent(
        `PUT ${pathname} HTTP/1.1\r\nHost: acs\r\nContent-Length: ${TEN_GIB}\r\n\r\nfirst bytes`,
      );
    },
    expected: /^413/,
  },
  {
    name: "50 uploads by one link at once, which stop half-way",
    async attack(attacker) {
      const { pathname } = await uploading(attacker);
      const head = `PUT ${pathname} HTTP/1.1\r\nHost: acs\r\nContent-Length: 100\r\n\r\nfirst bytes`;
      const [first, ...others] = await attacker.peers(50);
      await first?.write(head);
      await Promise.all(others.map((peer) => peer.write(head)));
      const refused = await Promise.all(others.map((peer) => peer.outcome()));
      first?.reset();
      return tally(refused.map((outcome) => outcome.slice(0, 3)));
    },
    expected: "49 × 409",
  },
  ...ranges.map(([name, range, expected]) => ({
    name: `a file by ${name}`,
    async attack(attacker: Attacker) {
      const { url } = await downloading(attacker, 2_000);
      const response = await fetch(url, { headers: { range } });
      return `${response.status}, ${(await response.arrayBuffer()).byteLength} bytes`;
    },
    expected,
  })),
  {
    name: "500 HEADs of one file on one connection",
    async attack(attacker) {
      const { url } = await downloading(attacker, 64 * MIB);
      const peer = await attacker.peer();
      await peer.write(`HEAD ${url.pathname} HTTP/1.1\r\nHost: acs\r\n\r\n`.repeat(500));
      await peer.outcome(500);
      return tally(peer.statuses);
    },
    expected: "500 × 200",
  },
  {
    name: "a file by methods that it does not have",
    async attack(attacker) {
      const [down, up] = [
        (await downloading(attacker, 10)).url.pathname,
        (await uploading(attacker)).pathname,
      ];
      const tried = [`DELETE ${down}`, `PUT ${down}`, `PATCH ${down}`, `GET ${up}`, `DELETE ${up}`];
      const sent = tried.map((line) =>
        attacker.sent(`${line} HTTP/1.1\r\nHost: acs\r\nContent-Length: 0\r\n\r\n`),
      );
      return tally(await Promise.all(sent));
    },
    expected: "5 × 405, closed",
  },
  {
    name: "a link whose name at its end leads elsewhere, or holds what no header may",
    async attack(attacker) {
      const { url } = await downloading(attacker, 10);
      const start = url.pathname.replace(/[^/]+$/, "");
      const names = [
        "..%2f..%2fsecret.key",
        "%00",
        "a%0d%0aSet-Cookie:%20x=y",
        "%e2%80%ae",
        "-rf",
        "/etc/passwd",
      ];
      const outcomes: string[] = [];
      for (const name of names) {
        const peer = await attacker.peer();
        await peer.write(get(start + name));
        const isSplit = (): boolean => /set-cookie/i.test(peer.text);
        outcomes.push((await peer.outcome()) + (isSplit() ? " with a header of the attacker's" : ""));
      }
      return tally(outcomes);
    },
    expected: "5 × 200; 1 × 404, closed",
  },
  {
    name: "an upload in chunks without end",
    async attack(attacker) {
      const { pathname } = await uploading(attacker);
      const peer = await attacker.peer();
      await peer.write(`PUT ${pathname} HTTP/1.1\r\nHost: acs\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "x"), Buffer.from("\r\n")]);
      for (let count = 0; count < 1_000 && !peer.hasEnded; count += 1) await peer.write(chunk);
      return (await peer.outcome()).replace("413, closed", "closed");
    },
    expected: "closed",
  },
  {
    name: "an upload of a byte a second",
    lasting: true,
    async attack(attacker) {
      const { pathname } = await uploading(attacker);
      const peer = await attacker.peer();
      const begin = performance.now();
      await peer.write(`PUT ${pathname} HTTP/1.1\r\nHost: acs\r\nContent-Length: 1000\r\n\r\n`);
      for (let count = 0; count < 60 && !peer.hasEnded; count += 1) {
        await peer.write("x");
        await Promise.race([setTimeout(1_000), peer.ended(2_000)]);
      }
      return `${await peer.outcome()} after ${Math.round((performance.now() - begin) / 1_000)} s`;
    },
    expected: /^408, closed after 3\d s$/,
  },
  {
    name: "an upload without a link, which stops half-way",
    lasting: true,
    async attack(attacker) {
      const peer = await attacker.peer();
      const begin = performance.now();
      const path = `/uploads/${"0".repeat(32)}/${"A".repeat(50)}`;
      await peer.write(`PUT ${path} HTTP/1.1\r\nHost: acs\r\nContent-Length: 1000\r\n\r\n`);
      const outcome = await peer.outcome();
      return `${outcome} after ${Math.round((performance.now() - begin) / 1_000)} s`;
    },
    expected: /^403, closed after \d s$/,
  },
  {
    name: "an upload that is a thousand times as long once it is unpacked",
    async attack(attacker) {
      const url = await uploading(attacker);
      const body = gzipSync(Buffer.alloc(64 * MIB));
      const { status } = await fetch(url, { method: "PUT", body, headers: { "content-encoding": "gzip" } });
      const { items } = await attacker.client.files.list();
      return `${status}, ${items.at(-1)?.bytes === body.length ? "kept as it came" : "unpacked"}`;
    },
    expected: "204, kept as it came",
  },
  {
    name: "a second file by the same link",
    async attack(attacker) {
      const url = await uploading(attacker);
      const put = async (body: string) => String((await fetch(url, { method: "PUT", body })).status);
      return [await put("first"), await put("second"), await put("third")].join(", ");
    },
    expected: "204, 409, 409",
  },
  {
    name: "northbound: files with names that lead elsewhere or deceive",
    async attack(attacker) {
      const names = [
        "..",
        "../secret.key",
        "a/b",
        "a\\b",
        "a\0b",
        "a\r\nX: y",
        "a\u202egpj.exe",
        "x".repeat(129),
      ];
      const added = names.map(async (name) => {
        const adding = attacker.client.files.add({ name }, Buffer.from("x"));
        return adding.then(
          () => "taken",
          (error: unknown) => (error instanceof ApiError ? String(error.status) : "no answer"),
        );
      });
      return tally(await Promise.all(added));
    },
    expected: /^\d × 400; \d × 422$/,
  },
];
