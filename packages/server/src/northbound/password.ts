import { scrypt, timingSafeEqual } from "node:crypto";

export interface Passwords {
  /** What is kept of a password: `<salt>.<hash>`, hexadecimal. */
  readonly hash: (password: string, salt: string) => Promise<string>;
  /** Whether it is the password that was kept so. Takes as long where nothing was kept. */
  readonly isRight: (password: string, kept: string | undefined) => Promise<boolean>;
}

/** As strong as a server that many ask at once can afford [RFC 7914 2]. */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const HASH_BYTES = 32;
/** Each takes a thread and 32 MiB for a tenth of a second; others wait. */
const MOST_AT_ONCE = 2;
/** Stands for the hash of who is not there. */
const NOBODY = `${"0".repeat(32)}.${"0".repeat(2 * HASH_BYTES)}`;

export function passwords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function stretched(password: string, salt: string): Promise<Buffer> {
    if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await stretch(password, salt);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  return {
    hash: async (password, salt) => `${salt}.${(await stretched(password, salt)).toString("hex")}`,
    async isRight(password, kept) {
      const [salt = "", hash = ""] = (kept ?? NOBODY).split(".");
      const isSame = timingSafeEqual(await stretched(password, salt), Buffer.from(hash, "hex"));
      return isSame && kept !== undefined;
    },
  };
}

function stretch(password: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), Buffer.from(salt, "hex"), HASH_BYTES, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
