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
];
