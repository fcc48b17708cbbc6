import { certificateFiles } from "../certificates.ts";
import { tempDir } from "@heliograph/testkit";
import { reservePort } from "../reserved-port.ts";
import { RunningServer } from "../running-server.ts";

/** A running server, with all its doors. */
export interface Target extends AsyncDisposable {
  readonly server: RunningServer;
  readonly southboundPort: number;
  readonly securePort: number;
  readonly northboundPort: number;
  /** Where STOMP is spoken without a WebSocket. */
  readonly stompPort: number;
  /** Where Binding Requests are answered. */
  readonly stun: { readonly host: string; readonly port: number };
  /** What its keys come from, so that an attack can have what its thief would have. */
  readonly secret: string;
}

export async function openTarget(): Promise<Target> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(tempDir());
  const secure = opening.use(await reservePort());
  const stomp = opening.use(await reservePort());
  // The reservation of a TCP port is the UDP port of its number, at the first address of loopback.
  const stun = { host: "127.0.0.3", port: stomp.port };
  const { cert, key } = certificateFiles("acs");
  const secret = "5a".repeat(32);
  const flags = {
    "southbound-tls": `127.0.0.1:${secure.port}`,
    "tls-cert": cert,
    "tls-key": key,
    "secret-key": secret,
    "files-upload": "1",
    stomp: `127.0.0.1:${stomp.port}`,
    stun: `${stun.host}:${stun.port}`,
  };
  const server = opening.use(await RunningServer.start(folder, "loopback", flags));
  const opened = opening.move();
  return {
    server,
    southboundPort: portOf(server.life.acsUrl),
    securePort: secure.port,
    northboundPort: portOf(server.life.northboundUrl),
    stompPort: stomp.port,
    stun,
    secret,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
