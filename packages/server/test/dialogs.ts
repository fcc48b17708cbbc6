import type { Subprotocol } from "@heliograph/agent";
import type { DeviceKey } from "@heliograph/protocol";
import type { Caller, Wish } from "./caller.ts";
import { DialogDevice, type DialogDeviceOptions } from "./dialog-device.ts";
import type { ServerFlags } from "./host-messages.ts";
import { LightDialogDevice } from "./light-dialog-device.ts";
import type { MarkedMethod } from "./marked-call.ts";

/** A dialog between a device, the server and a caller, which all three lead to its end whatever breaks on the way. */
export interface Dialog {
  readonly title: string;
  readonly openEnrolment: "none" | "loopback";
  readonly flags?: ServerFlags;
  /** Points that a run reaches or not, as chance will have it. */
  readonly unsure?: RegExp;
  begin(options: DialogDeviceOptions): DialogParty;
}

/** A device in its dialog. */
export interface DialogParty extends AsyncDisposable {
  readonly key: DeviceKey;
  /** CommandKeys of the transfers whose TransferComplete was answered. */
  readonly reported: readonly string[];
  lead(caller: Caller): Promise<void>;
}

/**
 * A device comes with the shared first-contact secret, is approved, comes again, gets its own credentials, reports a
 * transfer, and takes what was queued for it.
 */
export const cpeInitiated: Dialog = {
  title: "CPE-initiated classic dialog",
  openEnrolment: "none",
  begin: (options) =>
    party(new DialogDevice(options), async (device, caller) => {
      device.inform("0 BOOTSTRAP", "1 BOOT");
      await device.idle();
      await caller.insist((client) => client.devices.approve(device.key));
      for (const wish of wishesOf(device, ["Reboot", ...BEFORE_REBOOT])) await caller.ask(wish);
      device.transferred("nightly");
      device.inform("1 BOOT");
      await device.idle();
      await caller.lookAgain();
    }),
};

/** A caller asks, the device is called by a connection request and comes; then the same for a reboot. */
export const acsInitiated: Dialog = {
  title: "ACS-initiated classic dialog by connection request",
  openEnrolment: "loopback",
  begin: (options) =>
    party(new DialogDevice(options), async (device, caller) => {
      await device.listen();
      device.inform("0 BOOTSTRAP", "1 BOOT");
      await device.idle();
      for (const wish of wishesOf(device, ["GetParameterValues", "AddObject", "Reboot"])) {
        await caller.askAndWait(wish);
        await device.idle();
      }
    }),
};

/**
 * A device comes with the shared first-contact secret, is approved, comes again, is referred, attaches, gets its own
 * credentials and what was queued for it over its socket, and reports a transfer there.
 */
export function deviceInitiatedLight(subprotocol: Subprotocol): Dialog {
  return {
    title: `device-initiated WebSocket that speaks ${subprotocol}`,
    openEnrolment: "none",
    ...(subprotocol === "cwmp.soap" ? { flags: PROMPT } : {}),
    // An operation is claimed as it is accepted where its device is connected just then, also one that is asked for again.
    unsure: /^(?:before|after) commit claim-call (?:[6-9]|\d\d)$/,
    begin: (options) =>
      party(new LightDialogDevice({ ...options, subprotocol, replayWindow: 16 }), async (device, caller) => {
        device.inform("0 BOOTSTRAP", "1 BOOT");
        await device.idle();
        await caller.insist((client) => client.devices.approve(device.key));
        for (const wish of wishesOf(device, [...BEFORE_REBOOT, "Reboot"])) await caller.ask(wish);
        device.inform("2 PERIODIC");
        await device.idle();
        device.transferred("nightly");
        await device.idle();
        for (const { mark } of caller.told) await caller.await(mark);
        await device.idle();
      }),
  };
}

/** A device that keeps no answers sleeps; a caller asks, it is woken by a connection request, attaches and is called. */
export function acsInitiatedLight(subprotocol: Subprotocol): Dialog {
  return {
    title: `ACS-initiated WebSocket by connection request that speaks ${subprotocol}`,
    openEnrolment: "loopback",
    flags: PROMPT,
    // Who falls asleep as soon as it has its credentials is given them once more where its end is heard of first.
    unsure: /send light (?:call|envelope|MESSAGE) SetParameterValues [2-9]$/,
    begin: (options) =>
      party(new LightDialogDevice({ ...options, subprotocol, replayWindow: 0 }), async (device, caller) => {
        await device.listen();
        device.inform("0 BOOTSTRAP", "1 BOOT");
        await device.idle();
        for (const wish of wishesOf(device, ["GetParameterValues", "AddObject", "Reboot"])) {
          await device.sleep();
          await caller.askAndWait(wish);
          await device.idle();
        }
      }),
  };
}

/** What a device that keeps no answers owes is awaited as long as a call. */
const PROMPT: ServerFlags = { "call-timeout": "5" };

const BEFORE_REBOOT: readonly MarkedMethod[] = [
  "GetParameterValues",
  "SetParameterValues",
  "AddObject",
  "X_F0F0F0_Chime",
];

type Device = AsyncDisposable & Pick<DialogParty, "key" | "reported">;

function party<D extends Device>(device: D, lead: (device: D, caller: Caller) => Promise<void>): DialogParty {
  return {
    key: device.key,
    get reported() {
      return device.reported;
    },
    lead: (caller) => lead(device, caller),
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  };
}

function wishesOf(device: Device, methods: readonly MarkedMethod[]): readonly Wish[] {
  return methods.map((method) => ({ device: device.key, method, mark: `the-${method}` }));
}
