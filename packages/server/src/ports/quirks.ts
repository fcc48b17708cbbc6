import type { DeviceId } from "@heliograph/protocol";

/** One way in which devices differ, and what the ACS does about it. */
export interface Quirk {
  readonly values: readonly string[];
  /** What holds where nothing is known. */
  readonly usual: string;
  /** Whether devices show it by themselves; what they do not show, only a person can set. */
  readonly isLearned: boolean;
  /** What it is about, for a person who wonders. */
  readonly meaning: string;
}

/** Every quirk that can be known of a device. */
export const quirkTable = {
  declaration: {
    values: ["absent", "present"],
    usual: "absent",
    isLearned: true,
    meaning:
      "Whether what the ACS sends begins with an XML declaration; learned from how the device writes itself.",
  },
  booleans: {
    values: ["digits", "words"],
    usual: "digits",
    isLearned: true,
    meaning:
      "Whether boolean parameters are set as 0 and 1 or as false and true; learned from the device's values.",
  },
  fractions: {
    values: ["kept", "dropped"],
    usual: "kept",
    isLearned: false,
    meaning: "Whether times that are set keep their fractions of a second.",
  },
  "empty-post-probes": {
    values: ["no", "yes"],
    usual: "no",
    isLearned: true,
    meaning: "Whether the device sends empty POSTs only to be challenged; learned from its sessions.",
  },
  cookies: {
    values: ["returned", "not-returned"],
    usual: "returned",
    isLearned: true,
    meaning:
      "Whether the device returns cookies; a session without them lasts as long as its TCP connection.",
  },
  digest: {
    values: ["md5-and-sha256", "md5-only"],
    usual: "md5-and-sha256",
    isLearned: false,
    meaning: "Which Digest challenges the device is given; some stacks cannot read a second one.",
  },
  "basic-connection-requests": {
    values: ["refused", "allowed"],
    usual: "refused",
    isLearned: false,
    meaning:
      "Whether a connection request may answer a Basic challenge, which tells the device's connection request password " +
      "to everybody on the way.",
  },
  "file-login": {
    values: ["link", "login"],
    usual: "link",
    isLearned: false,
    meaning:
      "How the device is let in to a file: by what stands in its link, or by a user name and a password that are made for that " +
      "one transfer.",
  },
  "names-per-read": {
    values: ["256", "128", "64", "32", "16", "8", "4", "2", "1"],
    usual: "256",
    isLearned: true,
    meaning: "How many parameters a refresh asks for in one RPC at most; learned where more were refused.",
  },
  "next-level": {
    values: ["kept", "ignored", "refused"],
    usual: "kept",
    isLearned: true,
    meaning:
      "What the device makes of being asked for the names of one level alone: it keeps to it, lists the whole subtree, or " +
      "refuses; learned from refreshes.",
  },
  "empty-path": {
    values: ["answered", "refused"],
    usual: "answered",
    isLearned: true,
    meaning:
      "Whether the device can be asked for its names without a path; one that cannot is asked for its root object.",
  },
} as const satisfies Readonly<Record<string, Quirk>>;

export type QuirkName = keyof typeof quirkTable;
export type QuirkValue<N extends QuirkName> = (typeof quirkTable)[N]["values"][number];

/** What holds for one device. */
export type Quirks = { readonly [N in QuirkName]: QuirkValue<N> };

/** Where a value of a quirk comes from. */
export interface QuirkNote<N extends QuirkName = QuirkName> {
  readonly value: QuirkValue<N>;
  readonly since: number;
  /** Who set it; left out where it was learned. */
  readonly by?: string;
}

export type QuirkNotes = { readonly [N in QuirkName]?: QuirkNote<N> };

/** What is known of the quirks of one device, or of one model: what a person set, and what was learned. */
export interface KnownQuirks {
  readonly set: QuirkNotes;
  readonly learned: QuirkNotes;
}

/** All devices of one product class of one vendor; with a software version, only those that run it. */
export interface Model {
  readonly oui: string;
  readonly productClass: string;
  readonly softwareVersion?: string;
}

export interface ModelQuirks {
  readonly model: Model;
  readonly known: KnownQuirks;
}

/** What holds for a device, and what would hold if nobody had set anything. */
export interface ResolvedQuirks {
  readonly values: Quirks;
  /** Of those, what a person set. */
  readonly set: ObservedQuirks;
  readonly learned: Quirks;
}

/** Knows the quirks of all models; those of a device stand in its record. */
export interface QuirkBook {
  of(device: QuirkHolder): ResolvedQuirks;
  /** Where each value comes from, in the order of the table. */
  explain(device: QuirkHolder): readonly ExplainedQuirk[];
  readonly models: readonly ModelQuirks[];
}

/** What a device showed of itself; what it did not show is left out. */
export type ObservedQuirks = { readonly [N in QuirkName]?: QuirkValue<N> | undefined };

/** What of a device's record says which quirks it has. */
export interface QuirkHolder {
  readonly deviceId: Pick<DeviceId, "OUI" | "ProductClass">;
  readonly facts: { readonly softwareVersion?: string };
  readonly quirks?: KnownQuirks;
}

export interface ExplainedQuirk {
  readonly name: QuirkName;
  readonly value: string;
  readonly from: QuirkSource;
  readonly how: "set" | "learned" | "usual";
  /** Left out where it is the usual one. */
  readonly note?: QuirkNote;
}

export type QuirkSource = "device" | "model-and-software" | "model" | "nobody";

/** Undefined takes back what was set. */
export type QuirkChoice = {
  [N in QuirkName]: { readonly name: N; readonly value: QuirkValue<N> | undefined };
}[QuirkName];

export const quirkNames: readonly QuirkName[] = Object.keys(quirkTable).filter(isQuirkName);

export function isQuirkName(text: string): text is QuirkName {
  return Object.hasOwn(quirkTable, text);
}

export function isQuirkValue<N extends QuirkName>(name: N, text: string): text is QuirkValue<N> {
  const { values }: Quirk = quirkTable[name];
  return values.includes(text);
}

/** The same for everybody who means the same model, as devices write their OUI in either case and with spaces around. */
export function normalModel({ oui, productClass, softwareVersion }: Model): Model {
  const model = { oui: oui.trim().toUpperCase(), productClass: productClass.trim() };
  const software = softwareVersion?.trim() ?? "";
  return software === "" ? model : { ...model, softwareVersion: software };
}

export function modelKey(model: Model): string {
  const { oui, productClass, softwareVersion } = normalModel(model);
  return JSON.stringify([oui, productClass, softwareVersion ?? null]);
}

/** The model that a device is of, as close as is known. */
export function modelOf({ deviceId, facts }: QuirkHolder): Model {
  const { OUI: oui, ProductClass: productClass } = deviceId;
  const { softwareVersion } = facts;
  return normalModel({ oui, productClass, ...(softwareVersion === undefined ? {} : { softwareVersion }) });
}
