import {
  Contact,
  machineClock,
  type Activity,
  type ContactOptions,
  type DataModel,
  type Handlers,
  type StateKeeper,
} from "@heliograph/agent";
import {
  HttpSessions,
  takeUdpRequests,
  webSocketTransport,
  withStunParameters,
  type ConnectionRequestAddress,
  type SharedConnectionRequests,
} from "@heliograph/agent/node";
import type { DeviceId } from "@heliograph/protocol";
import type { FleetOptions } from "./fleet-options.ts";
import { fragileTransport } from "./fragile-transport.ts";
import type { Spoken } from "./mix.ts";
import { movingFiles } from "./moving-files.ts";
import { SimulatedNat } from "./simulated-nat.ts";
import { troubledMoving, type TroubledTransfer } from "./transfer-trouble.ts";

/** A device that is about to get power. */
export interface Unpowered {
  readonly deviceId: DeviceId;
  readonly speaks: Spoken;
  readonly model: DataModel;
  readonly handlers: Handlers;
  readonly state: StateKeeper | undefined;
  readonly transferring: TroubledTransfer;
  readonly onActivity: (activity: Activity) => void;
}

export interface PoweredDevice {
  /** What connects it with its ACS breaks off, a session or a light connection. */
  breakOff(): void;
  close(): Promise<void>;
}

/** Gives a device power: it boots and informs its ACS. Throws where it cannot read what it should remember. */
export type SwitchOn = (device: Unpowered) => PoweredDevice;

type Common = Pick<FleetOptions, "acsUrl" | "behindNat" | "firstContact" | "light" | "ca" | "clock">;

/** Devices of one ACS, with one port for all their connection requests. */
export function switchOnWith(options: Common, listener: SharedConnectionRequests): SwitchOn {
  const { acsUrl, behindNat, ca, clock, firstContact, light = {} } = options;
  const nat = new SimulatedNat({ clock: clock ?? machineClock });
  return ({ speaks, model, state, transferring, ...device }) => {
    const sessions = new HttpSessions({ ca });
    const connections = fragileTransport(webSocketTransport({ ca }));
    const contactOptions: ContactOptions = {
      ...device,
      ...firstContact,
      acsUrl,
      dataModel: model,
      transfer: troubledMoving(movingFiles(model), transferring),
      holdsPolicies: true,
      light: speaks === "classic" ? "not" : { ...light, subprotocols: [speaks] },
      ...(state === undefined ? {} : { state }),
      ...(clock === undefined ? {} : { clock }),
    };
    const contact = new Contact(
      behindNat === undefined ? contactOptions : withStunParameters(contactOptions, behindNat),
      { classic: sessions, light: connections },
    );
    const hidden = behindNat === undefined ? undefined : nat.open();
    const door = letIn(contact, hidden?.listener ?? listener);
    contact.device.boot();
    const byUdp =
      hidden &&
      takeUdpRequests(
        { device: contact.device, summon: () => contact.summon() },
        { port: hidden.port, clock },
      );
    return {
      breakOff() {
        sessions.breakOff();
        connections.breakOff();
      },
      async close() {
        door.close();
        byUdp?.close();
        await contact.close();
      },
    };
  };
}

/** Takes the connection requests of a device, while it wants any. */
function letIn(contact: Contact, listener: SharedConnectionRequests): { close(): void } {
  const { device } = contact;
  let door: ConnectionRequestAddress | undefined;
  const settle = (): void => {
    if (device.isCallable === (door !== undefined)) return;
    door?.close();
    door = device.isCallable ? accept(contact, listener) : undefined;
    device.connectionRequestUrl = door?.url ?? "";
  };
  settle();
  device.onCallable(settle);
  return { close: () => door?.close() };
}

function accept(contact: Contact, listener: SharedConnectionRequests): ConnectionRequestAddress {
  const { device } = contact;
  return listener.accept({
    credentials: () => device.settings.credentials("ConnectionRequestUsername", "ConnectionRequestPassword"),
    isReady: () => device.isUp,
    onConnectionRequest: () => contact.summon(),
  });
}
