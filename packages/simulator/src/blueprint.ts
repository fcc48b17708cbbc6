import { deviceKey, type DeviceId, type DeviceKey } from "@heliograph/protocol";
import { chance } from "./chance.ts";
import { spokenBy, type Mix, type Spoken } from "./mix.ts";
import { kindsOfDevice, type DeviceKind } from "./models/device-kind.ts";
import { transferTroubles, type TransferTrouble, type TransferTroubleShares } from "./transfer-trouble.ts";
import { troubles, type Trouble, type TroubleShares } from "./trouble.ts";

/** What a whole fleet is drawn from. Of one plan every device is always the same. */
export interface FleetPlan {
  readonly seed: number;
  /** What all serial numbers begin with. */
  readonly name: string;
  readonly mix: Mix;
  readonly kinds: readonly DeviceKind[];
  readonly troubles: TroubleShares;
  readonly transferTroubles?: TransferTroubleShares;
}

/** One device before it is switched on. */
export interface Blueprint {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly kind: DeviceKind;
  readonly speaks: Spoken;
  readonly troubles: ReadonlySet<Trouble>;
  /** What it does wrong with files; left out where that is nothing. */
  readonly transferTrouble?: TransferTrouble;
}

/** No vendor's: locally administered addresses begin like it. */
const OUI = "F0F0F0";
const SERIAL_DIGITS = 6;

/** The device of that number, 0 being the first. */
export function blueprint(plan: FleetPlan, index: number): Blueprint {
  const { seed, name, kinds } = plan;
  const drawn = chance(seed, "blueprint", index);
  const kind = drawn.pick(kinds);
  const deviceId = {
    Manufacturer: "Heliograph",
    OUI,
    ProductClass: kindsOfDevice[kind].productClass,
    SerialNumber: `${name}${String(index + 1).padStart(SERIAL_DIGITS, "0")}`,
  };
  const key = deviceKey(deviceId);
  if (key === undefined) throw new Error(`a device cannot be called ${deviceId.SerialNumber}`);
  const troubled = troubles.filter((trouble) => drawn.happens(plan.troubles[trouble] ?? 0));
  const transferTrouble = drawTransferTrouble(plan, index);
  return {
    ...{ key, deviceId, kind, speaks: spokenBy(plan.mix, index), troubles: new Set(troubled) },
    ...(transferTrouble === undefined ? {} : { transferTrouble }),
  };
}

/** Each has its share of the devices: what is left of the whole has none. */
function drawTransferTrouble(
  { seed, transferTroubles: shares = {} }: FleetPlan,
  index: number,
): TransferTrouble | undefined {
  let place = chance(seed, "transfers", index).fraction();
  return transferTroubles.find((trouble) => {
    place -= shares[trouble] ?? 0;
    return place < 0;
  });
}
