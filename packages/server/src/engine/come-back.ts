/** What a gateway does with a connection that nobody can go on with: the device comes back within ten seconds [LIGHT 2]. */
export const COME_BACK = { code: 1001, reason: "10" } as const;
