/** Said in place of whatever is a secret. */
export const REDACTED = "(redacted)";

/** Words that make a name one of a secret, wherever they stand in it. */
export const SECRET_WORDS = [
  ...["pass(?:word|wd|phrase|code|key)", "pwd", "secret", "credential"],
  ...["pre-?shared-?key", "psk", "wep-?key", "private-?key"],
  ...["(?:auth|enc|encryption|decryption|shared|session|network|master|api|access)-?key"],
  ...["token", "cookie", "communit(?:y|ies)", "puk", "voucher-?list"],
].join("|");

const BY_WORD = new RegExp(SECRET_WORDS, "i");
/** `PIN` of WPS and of SIM cards; not `PingInterval`. */
const PIN = /(?:^|[a-z0-9_.])PIN(?:[Cc]ode)?\.?$|^pin(?:code)?$/;

/** Whether what bears this name, of a parameter or of a field, is a secret; for a path, any part of it says so. */
export function isSecretName(name: string): boolean {
  return BY_WORD.test(name) || PIN.test(name);
}

/** Of RPCs that move files: it is half of a login. */
export function isLoginName(name: string): boolean {
  return name.toLowerCase() === "username";
}
