/** The versions of CWMP there are, the newest first. */
export const cwmpVersions = ["1.4", "1.3", "1.2", "1.1", "1.0"] as const;

export type CwmpVersion = (typeof cwmpVersions)[number];

/**
 * What comes of the versions that a device lists [CWMP 1.4 3.4.5]. `unsaid`: it lists none, as all before 1.4, and is told of
 * none. `incompatible`: it speaks only versions that do not exist here.
 */
export type VersionChoice =
  { readonly type: "unsaid" | "incompatible" } | { readonly type: "agreed"; readonly version: CwmpVersion };

/** The namespace of a version's schema: 1.2 and all after it have one [CWMP 1.0–1.4 schemas]. */
export function cwmpNamespaceOf(version: CwmpVersion): string {
  return `urn:dslforum-org:cwmp-${version === "1.0" || version === "1.1" ? version.replace(".", "-") : "1-2"}`;
}

const VERSION = /^\d+\.\d+$/;

/** The newest version that is in the list, in whatever order that is; what is no version is passed over. */
export function chooseVersion(listed: readonly string[] = []): VersionChoice {
  const spoken = new Set(listed.filter((item) => VERSION.test(item)));
  if (spoken.size === 0) return { type: "unsaid" };
  const version = cwmpVersions.find((each) => spoken.has(each));
  return version === undefined ? { type: "incompatible" } : { type: "agreed", version };
}
