import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { DeviceKey } from "@heliograph/protocol";
import { queues, subjects } from "../../ports/index.ts";
import type { DeviceRecord, WakeOutcome } from "../../ports/index.ts";
import { parseNetwork, plainAddress } from "../address.ts";
import type { Network } from "../address.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { wakeTrace } from "../trace/wake-trace.ts";
import { requestByUdp } from "../udp/request-by-udp.ts";
import type { BindingWays } from "../udp/stun-server.ts";
import { udpDoorOf } from "../udp/udp-door.ts";
import type { UdpDoor } from "../udp/udp-door.ts";
import { requestConnection } from "./connection-request.ts";
import type { Login, Outcome } from "./connection-request.ts";
import { mayRequest, readTarget } from "./target.ts";
import type { Target, TargetRules } from "./target.ts";
import { ONLY_BY_XMPP, takesXmpp } from "./xmpp.ts";
import { TargetRate } from "./target-rate.ts";

export interface WakeSettings {
  /** Networks into which connection requests may go besides the address a device informs from: `10.0.0.0/8`. */
  readonly connectionRequestNetworks: readonly string[];
  /** How long a device may take, its name's resolution included; 5 s unless said otherwise. */
  readonly timeoutMs?: number;
  /** The ways to devices behind NATs; left out, they are called by HTTP alone. */
  readonly ways?: BindingWays;
  /** Finds the addresses of a name; the system's resolver unless said otherwise. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

export interface Wake {
  /** Takes no new requests, and waits for those on their way. Closing twice is no error. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const MOST_PER_SECOND = 10;
/** Requests on their way at once. */
const MOST_AT_ONCE = 1_000;

/**
 * Serves `hg.v1.wake`: sends connection requests, one at a time to each device. Whoever asks while one is on its way gets its
 * outcome. Throws where a network of the settings is none.
 */
export async function startWake(ports: SouthboundPorts, settings: WakeSettings): Promise<Wake> {
  const waker = new Waker(ports, settings);
  const running = new Map<DeviceKey, Promise<WakeOutcome>>();
  const subscription = ports.bus.serve(
    subjects.wake,
    ({ device }) => {
      const onItsWay = running.get(device);
      if (onItsWay !== undefined) return onItsWay;
      if (running.size >= MOST_AT_ONCE) return Promise.resolve(waker.outcome(TOO_MANY));
      const request = waker.wake(device).finally(() => running.delete(device));
      running.set(device, request);
      return request;
    },
    { queue: queues.wake },
  );
  return {
    async close() {
      subscription.unsubscribe();
      await Promise.allSettled(running.values());
    },
  };
}

const TOO_MANY: Outcome = {
  result: "busy",
  detail: "not asked: too many connection requests are on their way",
};

class Waker {
  readonly #ports: SouthboundPorts;
  readonly #networks: readonly Network[];
  readonly #timeoutMs: number;
  readonly #ways: BindingWays | undefined;
  readonly #resolve: (name: string) => Promise<readonly string[]>;
  readonly #rate = new TargetRate(MOST_PER_SECOND);

  constructor(ports: SouthboundPorts, settings: WakeSettings) {
    this.#ports = ports;
    this.#networks = settings.connectionRequestNetworks.map(networkOf);
    this.#timeoutMs = settings.timeoutMs ?? TIMEOUT_MS;
    this.#ways = settings.ways;
    this.#resolve = settings.resolve ?? resolveBySystem;
  }

  outcome(outcome: Outcome): WakeOutcome {
    return { at: this.#ports.clock.now(), ...outcome };
  }

  async wake(key: DeviceKey): Promise<WakeOutcome> {
    const device = await this.#ports.store.device(key);
    if (device === undefined) return this.outcome(impossible("the device is not known"));
    const outcome = await firstOf(await this.#waysTo(device));
    wakeTrace(this.#ports, key)?.noted(`the connection request is ${outcome.result}: ${outcome.detail}`);
    return this.outcome(outcome);
  }

  /** By HTTP, and where that came to nothing by UDP; the other way round where the device knows that it is behind a NAT. */
  async #waysTo(device: DeviceRecord): Promise<readonly Way[]> {
    const byHttp: Way = () => this.#byHttp(device);
    const ways = this.#ways;
    const door = ways && (await udpDoorOf(device, this.#ports.store));
    if (ways === undefined || door === undefined) return [byHttp];
    const byUdp: Way = () => this.#byUdp(device, door, ways);
    return door.isBehindNat ? [byUdp, byHttp] : [byHttp, byUdp];
  }

  async #byHttp(device: DeviceRecord): Promise<Outcome> {
    const read = readTarget(device.facts.connectionRequestUrl);
    if (!read.ok) {
      const isByXmpp = await takesXmpp(device, this.#ports.store);
      return impossible(isByXmpp ? `${read.detail}; ${ONLY_BY_XMPP}` : read.detail);
    }
    const abort = new AbortController();
    const timer = this.#ports.clock.after(this.#timeoutMs, () => {
      abort.abort();
    });
    try {
      return await this.#request(device, read.target, abort.signal);
    } finally {
      timer.cancel();
    }
  }

  async #request(device: DeviceRecord, target: Target, signal: AbortSignal): Promise<Outcome> {
    const addresses = await this.#addressesOf(target, signal);
    if (addresses.length === 0) {
      return { result: "unreachable", detail: `not asked: the name ${target.host} leads to no address` };
    }
    const rules = this.#rulesFor(device);
    const address = addresses.find((candidate) => mayRequest(candidate, rules));
    if (address === undefined) return forbidden("ConnectionRequestURL", target.host, device.address);
    const held = this.#heldBack(address, target.port);
    if (held !== undefined) return held;
    const logins = await this.#loginsOf(device.key);
    const basic = this.#ports.quirks.of(device).values["basic-connection-requests"];
    const trace = wakeTrace(this.#ports, device.key);
    return requestConnection({ target, address, logins, basic, random: this.#ports.random, signal, trace });
  }

  async #byUdp(device: DeviceRecord, door: UdpDoor, ways: BindingWays): Promise<Outcome> {
    const { host, port } = door.at;
    if (!mayRequest(host, this.#rulesFor(device))) {
      return forbidden("UDPConnectionRequestAddress", host, device.address);
    }
    const held = this.#heldBack(host, port);
    if (held !== undefined) return held;
    const { clock, random } = this.#ports;
    const trace = wakeTrace(this.#ports, device.key);
    return requestByUdp({ door, logins: await this.#loginsOf(device.key), ways, clock, random, trace });
  }

  #rulesFor(device: DeviceRecord): TargetRules {
    return {
      informAddress: plainAddress(device.address) ?? "",
      networks: this.#networks,
      ownAddresses: ownAddresses(),
    };
  }

  #heldBack(address: string, port: number): Outcome | undefined {
    if (this.#rate.admit(`${address} ${port}`, this.#ports.clock.now())) return undefined;
    const detail = `not asked: ${address} port ${port} got ${MOST_PER_SECOND} connection requests in this second`;
    return { result: "busy", detail };
  }

  /** A name is resolved here and once: what was checked is what is connected to. */
  async #addressesOf({ host }: Target, signal: AbortSignal): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const aborted = Promise.withResolvers<readonly string[]>();
    signal.addEventListener("abort", () => {
      aborted.resolve([]);
    });
    const resolved = this.#resolve(host).catch(() => []);
    const found = await Promise.race([resolved, aborted.promise]);
    return found.map(plainAddress).filter((address) => address !== undefined);
  }

  async #loginsOf(key: DeviceKey): Promise<readonly Login[]> {
    const { store, vault } = this.#ports;
    const credentials = await store.credentials(key);
    return [credentials?.confirmed, credentials?.staged]
      .filter((sealed) => sealed !== undefined)
      .map((sealed) => vault.unseal(sealed))
      .map(({ connectionRequestUsername: username, connectionRequestPassword: password }) => ({
        username,
        password,
      }));
  }
}

type Way = () => Promise<Outcome>;

/** One way after the other, until the device is on its way or has been asked by all of them. */
async function firstOf(ways: readonly Way[]): Promise<Outcome> {
  const tried: Outcome[] = [];
  for (const way of ways) {
    const outcome = await way();
    const detail = [...tried.map((earlier) => earlier.detail), outcome.detail].join("; ");
    tried.push(outcome);
    if (isHopeful(outcome)) return { ...outcome, detail };
  }
  const detail = tried.map((outcome) => outcome.detail).join("; ");
  // What may go well another time comes before what cannot.
  return { ...(tried.find((outcome) => !isVain(outcome)) ?? tried[0] ?? NO_WAY), detail };
}

const NO_WAY: Outcome = { result: "impossible", detail: "not asked: no way leads there" };

function isHopeful({ result }: Outcome): boolean {
  return result === "accepted" || result === "sent" || result === "busy";
}

function isVain({ result }: Outcome): boolean {
  return result === "impossible" || result === "forbidden";
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) throw new Error(`connection-request-networks: "${text}" is not a network`);
  return network;
}

async function resolveBySystem(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => plainAddress(address))
    .filter((address) => address !== undefined);
}

function impossible(why: string): Outcome {
  return { result: "impossible", detail: `not asked: ${why}` };
}

function forbidden(parameter: string, host: string, informAddress: string): Outcome {
  const detail =
    `not asked: its ${parameter} leads to ${host}, but its last Inform came from ${informAddress}, ` +
    "and connection-request-networks does not name that host's address";
  return { result: "forbidden", detail };
}
