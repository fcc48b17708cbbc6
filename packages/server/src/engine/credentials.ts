import type { DeviceKey } from "@heliograph/protocol";
import type {
  CredentialsState,
  DeviceCall,
  DeviceSecrets,
  OpenedDevice,
  Random,
  Vault,
} from "../ports/index.ts";

/** 128 random bits: no slow hash is needed to keep them from being guessed. */
const SECRET_BYTES = 16;
/** The data models bound user names to 256 characters. */
const USERNAME_CHARS = 256;

/** Fresh secrets for one device, both directions. */
export function newSecrets(device: DeviceKey, random: Random, vault: Vault): DeviceSecrets {
  const username = device.slice(0, USERNAME_CHARS);
  const password = random.hex(SECRET_BYTES);
  return {
    username,
    password,
    ha1: vault.ha1(username, password),
    connectionRequestUsername: random.hex(SECRET_BYTES / 2),
    connectionRequestPassword: random.hex(SECRET_BYTES),
  };
}

/** The RPC that gives a device its secrets. `root` is its root object with the dot. */
export function credentialsCall(root: string, secrets: DeviceSecrets): DeviceCall {
  return {
    method: "SetParameterValues",
    params: {
      ParameterList: {
        [`${root}ManagementServer.`]: {
          Username: secrets.username,
          Password: secrets.password ?? "",
          ConnectionRequestUsername: secrets.connectionRequestUsername,
          ConnectionRequestPassword: secrets.connectionRequestPassword,
        },
      },
    },
  };
}

/** Whether a device is to be given credentials of its own, and can be. */
export function isWanted({ credentials, facts }: OpenedDevice): boolean {
  return WANTED.has(credentials) && facts.root !== undefined;
}

const WANTED: ReadonlySet<CredentialsState> = new Set(["none", "staged", "rotating"]);

/** What is kept once the device holds them. */
export function withoutPassword({ password: _, ...kept }: DeviceSecrets): DeviceSecrets {
  return kept;
}
