import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { reservePort } from "./reserved-port.ts";

test("a port is reserved once, in every process, though nobody listens on it", async () => {
  await using reserved = await reservePort();
  const script = `
    import { createSocket } from "node:dgram";
    const socket = createSocket("udp4");
    socket.once("error", (error) => console.log(error.code));
    socket.bind({ port: ${reserved.port}, address: "127.0.0.1", exclusive: true }, () => socket.close());
  `;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  assert.equal(stdout.trim(), "EADDRINUSE");
});
