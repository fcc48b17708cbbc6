/**
 * What `HELIOGRAPH_REQUIRE` asks of a test run: `all` makes any skip a failure; `tools` any skip but those for want of
 * test data, which not everybody has; nothing lets tests skip, aloud.
 */
export type Requirement = "nothing" | "tools" | "all";

/** The variable that names the folder of test data, and that a skip for want of it mentions. */
export const TEST_DATA = "HELIOGRAPH_TEST_DATA";

/** Reads the variable's value; undefined where it is none of the three. */
export function parseRequirement(value: string | undefined): Requirement | undefined {
  if (value === undefined || value === "") return "nothing";
  return value === "all" || value === "tools" ? value : undefined;
}

/** Whether a test may skip for that reason. */
export function maySkip(requirement: Requirement, reason: string): boolean {
  switch (requirement) {
    case "nothing":
      return true;
    case "tools":
      return reason.includes(TEST_DATA);
    case "all":
      return false;
  }
}
