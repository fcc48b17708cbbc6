import { decodeStun, encodeStun, stunLimits } from "@heliograph/protocol";
import type { Clock, Log } from "../../ports/index.ts";
import type { Address } from "../listener.ts";
import { answerBinding, type StunLogin } from "./answer-binding.ts";
import { DatagramRate, type DatagramQuota } from "./datagram-rate.ts";
import { openDatagrams, type Datagram, type Datagrams } from "./datagrams.ts";
import { DropCount } from "./drop-count.ts";
import { SeenBindings } from "./seen-bindings.ts";

/** Answers the Binding Requests of devices behind NATs, and sends them datagrams by the way that is open then. */
export interface StunServer extends BindingWays {
  readonly address: Address;
  /** Closing twice is no error. */
  close(): Promise<void>;
}

/** The ways that Binding Requests keep open: back from the socket that they came to, and from no other. */
export interface BindingWays {
  /** Milliseconds of `clock.elapsed()` when a Binding Request last came from there; undefined where none is remembered. */
  lastSeen(at: Address): number | undefined;
  /** Resolves once the system has taken it, which says nothing of its arrival; rejects where it does not. */
  send(bytes: Uint8Array, to: Address): Promise<void>;
}

export interface StunSettings {
  /** Port 0 takes any free one. */
  readonly at: Address;
  /** Left out, anybody is told from where the request came. */
  readonly login?: StunLogin;
  readonly quota?: DatagramQuota;
}

/** A site behind one address may have a hundred devices, each of which asks a few times a minute. */
const QUOTA: DatagramQuota = { each: 100, all: 5_000 };

/** Rejects where the address cannot be listened on. */
export async function startStunServer(
  ports: { readonly clock: Clock; readonly log: Log },
  settings: StunSettings,
): Promise<StunServer> {
  const responder = new Responder(ports, settings);
  const datagrams = await openDatagrams(settings.at, (datagram) => {
    responder.receive(datagram, datagrams);
  });
  return {
    address: datagrams.address,
    lastSeen: (at) => responder.seen.lastAt(at),
    send: (bytes, to) => datagrams.send(bytes, to),
    close: () => datagrams.close(),
  };
}

class Responder {
  readonly seen = new SeenBindings();
  readonly #clock: Clock;
  readonly #login: StunLogin | undefined;
  readonly #rate: DatagramRate;
  readonly #dropped: DropCount;

  constructor(
    ports: { readonly clock: Clock; readonly log: Log },
    { login, quota = QUOTA }: Omit<StunSettings, "at">,
  ) {
    this.#clock = ports.clock;
    this.#login = login;
    this.#rate = new DatagramRate(quota);
    this.#dropped = new DropCount("datagrams to the STUN server were dropped", ports);
  }

  receive({ bytes, from }: Datagram, out: Datagrams): void {
    const now = this.#clock.elapsed();
    if (from.port === 0 || out.isBusy || !this.#rate.admit(from.host, now)) {
      this.#dropped.add("tooMany");
      return;
    }
    const read = decodeStun(bytes, stunLimits);
    if (!read.ok || read.value.type !== "binding-request") {
      this.#dropped.add("malformed");
      return;
    }
    const { message, to, signing } = answerBinding(read.value, from, this.#login);
    if (message.type === "binding-response") this.seen.note(from, now);
    out.send(encodeStun(message, signing), to).catch(() => {
      this.#dropped.add("unsent");
    });
  }
}
