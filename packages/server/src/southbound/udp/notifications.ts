import { deviceKey, lightNotificationLimits, readLightNotification } from "@heliograph/protocol";
import type { DeviceKey, LightNotification } from "@heliograph/protocol";
import type { Address } from "../listener.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { plainAddress } from "../address.ts";
import { DatagramRate, type DatagramQuota } from "./datagram-rate.ts";
import { openDatagrams, type Datagram } from "./datagrams.ts";
import { DropCount } from "./drop-count.ts";
import { HintedQuestions } from "./hinted-questions.ts";

/** Listens for lightweight notifications [TR-069 Annex M]. */
export interface Notifications {
  readonly address: Address;
  /** Closing twice is no error. */
  close(): Promise<void>;
}

export interface NotificationSettings {
  /** Port 0 takes any free one. */
  readonly at: Address;
  readonly quota?: DatagramQuota;
}

const QUOTA: DatagramQuota = { each: 20, all: 200 };
/** Devices that are looked up at once. */
const MOST_AT_ONCE = 50;
/** Names that one notification may hint at. */
const MOST_NAMES = 16;

/**
 * Takes what a datagram claims for a hint: the device itself is asked for the parameters that it names, and its answer is what
 * is stored. Nothing of the datagram is kept, and it is taken only from where the device's last authenticated Inform came.
 * Rejects where the address cannot be listened on.
 */
export async function startNotifications(
  ports: SouthboundPorts,
  { at, quota = QUOTA }: NotificationSettings,
): Promise<Notifications> {
  const receiver = new Receiver(ports, quota);
  const datagrams = await openDatagrams(at, (datagram) => {
    receiver.receive(datagram);
  });
  return {
    address: datagrams.address,
    async close() {
      await datagrams.close();
      receiver.close();
    },
  };
}

class Receiver {
  readonly #ports: SouthboundPorts;
  readonly #rate: DatagramRate;
  readonly #dropped: DropCount;
  readonly #questions: HintedQuestions;
  #underWay = 0;

  constructor(ports: SouthboundPorts, quota: DatagramQuota) {
    this.#ports = ports;
    this.#rate = new DatagramRate(quota);
    this.#dropped = new DropCount("lightweight notifications were dropped", ports);
    this.#questions = new HintedQuestions(ports);
  }

  close(): void {
    this.#questions.close();
  }

  receive({ bytes, from }: Datagram): void {
    if (this.#underWay >= MOST_AT_ONCE || !this.#rate.admit(from.host, this.#ports.clock.elapsed())) {
      this.#dropped.add("tooMany");
      return;
    }
    const read = readLightNotification(utf8.decode(bytes), lightNotificationLimits);
    const key = read.ok ? deviceKey({ Manufacturer: "", ...read.value.device }) : undefined;
    if (!read.ok || key === undefined) {
      this.#dropped.add("malformed");
      return;
    }
    this.#underWay += 1;
    this.#hint(key, read.value, from)
      .catch(() => {
        this.#dropped.add("failed");
      })
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  async #hint(key: DeviceKey, { parameters }: LightNotification, from: Address): Promise<void> {
    const device = await this.#ports.store.device(key);
    if (device?.approval !== "approved" || plainAddress(device.address) !== from.host) {
      this.#dropped.add("strange");
      return;
    }
    const names = parameters.map(({ name }) => name).filter((name) => isParameterOf(device.facts.root, name));
    if (names.length === 0 || !this.#questions.ask(key, names.slice(0, MOST_NAMES))) {
      this.#dropped.add("unasked");
    }
  }
}

const utf8 = new TextDecoder();
/** [XSD lwnotif 1.0] */
const MAX_NAME_CHARS = 256;

/** A full path: a partial one would ask the device for all that lies below. */
function isParameterOf(root: string | undefined, name: string): boolean {
  const isShort = name.length <= MAX_NAME_CHARS;
  return isShort && root !== undefined && name.startsWith(root) && /^(?:\w[\w-]*\.)+\w[\w-]*$/.test(name);
}
