import { writeUdpConnectionRequest } from "@heliograph/protocol";
import type { Clock, Random } from "../../ports/index.ts";
import type { Login, Outcome } from "../wake/connection-request.ts";
import type { WakeTrace } from "../trace/wake-trace.ts";
import { hmacSha1 } from "./answer-binding.ts";
import type { BindingWays } from "./stun-server.ts";
import type { UdpDoor } from "./udp-door.ts";

export interface UdpAsking {
  readonly door: UdpDoor;
  /** Each signs a request of its own; a device may hold either while new ones are on their way to it. */
  readonly logins: readonly Login[];
  readonly ways: BindingWays;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace?: WakeTrace | undefined;
}

/** Datagrams get lost: each request is sent as often as that, and counted once by the device [TR-069 G.2.2.3]. */
const COPIES = 3;
const PAUSE_MS = 500;

/** Calls a device by datagrams; there is no answer but that it comes. */
export async function requestByUdp(asking: UdpAsking): Promise<Outcome> {
  const { door, logins, ways, clock, trace } = asking;
  if (logins.length === 0) {
    return { result: "impossible", detail: "not asked by UDP: there are no credentials yet" };
  }
  const requests = logins.map((login) => written(asking, login));
  const said = `${bindingSeen(asking)}; ${COPIES * requests.length} datagrams to ${door.authority}`;
  try {
    for (let copy = 0; copy < COPIES; copy += 1) {
      if (copy > 0) await pause(clock);
      for (const request of requests) {
        trace?.sent(new TextDecoder().decode(request), door.authority);
        await ways.send(request, door.at);
      }
    }
  } catch {
    return { result: "unreachable", detail: `${said} could not be sent: no way leads there` };
  }
  return { result: "sent", detail: `${said} sent` };
}

const utf8 = new TextEncoder();

function written({ door, clock, random }: UdpAsking, { username, password }: Login): Uint8Array {
  const request = {
    authority: door.authority,
    timestamp: Math.floor(clock.now() / 1_000),
    id: Number.parseInt(random.hex(4), 16),
    username,
    cnonce: random.hex(8),
  };
  return utf8.encode(writeUdpConnectionRequest(request, { password, hmac: hmacSha1 }));
}

/** Without a binding that is kept open, datagrams arrive nowhere: a person is told. */
function bindingSeen({ door, ways, clock }: UdpAsking): string {
  const seenAt = ways.lastSeen(door.at);
  if (seenAt === undefined) return "called by UDP: no Binding Request came from there so far";
  const seconds = Math.round((clock.elapsed() - seenAt) / 1_000);
  return `called by UDP: its last Binding Request came ${seconds} s ago`;
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(PAUSE_MS, resolve);
  });
}
