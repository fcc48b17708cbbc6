import { createHmac, randomBytes } from "node:crypto";
import {
  decodeStun,
  encodeStun,
  isGenuine,
  isSignedWith,
  readUdpConnectionRequest,
  stunLimits,
  type BindingResponse,
  type HmacSha1,
  type SignedConnectionRequest,
  type Signing,
  type StunAddress,
} from "@heliograph/protocol";
import type { Credentials } from "../credentials.ts";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import type { UdpPort } from "./udp-port.ts";

export interface UdpConnectionRequestOptions {
  readonly port: UdpPort;
  readonly clock: DeviceClock;
  /** The STUN server of the ACS; asked for before each Binding Request, as the ACS may set another. */
  readonly server: () => StunAddress;
  /** How often it is asked, to keep the way from it open. */
  readonly keepAliveMs: () => number;
  /** What Binding Requests are signed with once the server wants that. */
  readonly stunLogin: () => Credentials | undefined;
  /** What requests are signed with. Without any, nobody is let in. */
  readonly credentials: () => Credentials | undefined;
  /** False while it cannot be called, as during a restart. */
  readonly isReady: () => boolean;
  /** The address that the STUN server sees is a new one. */
  readonly onAddress: (address: StunAddress) => void;
  readonly onConnectionRequest: () => void;
}

const RETRY_MS = 1_000;
/** Requests of one second that are told apart. */
const MAX_IDS = 32;
/** Binding Requests whose answers may still come. */
const MAX_PENDING = 4;

const hmac: HmacSha1 = (key, data) => createHmac("sha1", key).update(data).digest("hex");

/**
 * The device's end of connection requests by UDP [TR-069 Annex G]: keeps a way through its NATs open by Binding Requests,
 * learns from their answers where it is seen, and takes datagrams that are signed and new.
 */
export class UdpConnectionRequests {
  readonly #options: UdpConnectionRequestOptions;
  readonly #pending = new Set<string>();
  #timer: DeviceTimer | undefined;
  #mapped: StunAddress | undefined;
  #isChanged = false;
  #mustSign = false;
  /** The time of the newest request that was taken, and which of that second were. */
  #newest: { readonly timestamp: number; readonly ids: Set<number> } = { timestamp: 0, ids: new Set() };

  constructor(options: UdpConnectionRequestOptions) {
    this.#options = options;
    options.port.listen((bytes) => {
      this.#receive(bytes);
    });
    this.#ask();
  }

  close(): void {
    this.#timer?.cancel();
    this.#options.port.close();
  }

  #ask(): void {
    const { port, clock, server, keepAliveMs, stunLogin } = this.#options;
    const transaction = randomBytes(16).toString("hex");
    if (this.#pending.size >= MAX_PENDING) this.#pending.clear();
    this.#pending.add(transaction);
    const login = this.#mustSign ? stunLogin() : undefined;
    const request = {
      type: "binding-request",
      transaction,
      ...(login === undefined ? {} : { username: login.username }),
      forConnectionRequests: true,
      bindingChanged: this.#isChanged,
      unknown: [],
    } as const;
    port.send(encodeStun(request, signingOf(login)), server());
    this.#timer?.cancel();
    this.#timer = clock.after(this.#mapped === undefined ? RETRY_MS : keepAliveMs(), () => {
      this.#ask();
    });
  }

  #receive(bytes: Uint8Array): void {
    const read = decodeStun(bytes, stunLimits);
    if (!read.ok) {
      this.#judge(readUdpConnectionRequest(new TextDecoder().decode(bytes)));
      return;
    }
    const message = read.value;
    if (!this.#pending.delete(message.transaction)) return;
    if (message.type === "binding-response") this.#learn(message);
    if (message.type !== "binding-error" || message.code !== 401 || this.#mustSign) return;
    this.#mustSign = true;
    this.#ask();
  }

  #learn(response: BindingResponse): void {
    const signing = this.#mustSign ? signingOf(this.#options.stunLogin()) : undefined;
    if (signing !== undefined && !isSignedWith(response, signing)) return;
    const { mapped } = response;
    const known = this.#mapped;
    const isNew = mapped.address !== known?.address || mapped.port !== known.port;
    this.#isChanged = isNew && known !== undefined;
    this.#mapped = mapped;
    if (!isNew) return;
    this.#options.onAddress(mapped);
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(this.#options.keepAliveMs(), () => {
      this.#ask();
    });
  }

  #judge(read: ReturnType<typeof readUdpConnectionRequest>): void {
    if (!read.ok || !this.#isOurs(read.value) || !this.#isFirst(read.value)) return;
    if (this.#options.isReady()) this.#options.onConnectionRequest();
  }

  #isOurs(request: SignedConnectionRequest): boolean {
    const credentials = this.#options.credentials();
    const signing = signingOf(credentials);
    return signing !== undefined && request.username === credentials?.username && isGenuine(request, signing);
  }

  /** Copies of a request are one, and what was overheard is not taken again [TR-069 G.2.2.2]. */
  #isFirst({ timestamp, id }: SignedConnectionRequest): boolean {
    if (timestamp < this.#newest.timestamp) return false;
    if (timestamp > this.#newest.timestamp) this.#newest = { timestamp, ids: new Set() };
    const { ids } = this.#newest;
    if (ids.has(id) || ids.size >= MAX_IDS) return false;
    ids.add(id);
    return true;
  }
}

function signingOf(credentials: Credentials | undefined): Signing | undefined {
  return credentials && { password: credentials.password, hmac };
}
