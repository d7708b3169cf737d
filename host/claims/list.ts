import { HqcnnError, UsageError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { type Claim, parseClaim } from "./schema.ts";

/** The claims that are shipped, one file each in host/claims/data. */
export const CLAIMS = [
  "thesis-bloodmnist",
  "thesis-organamnist",
  "thesis-pathmnist",
  "2509.14277-organamnist",
  "2509.14277-breastmnist",
  "2512.02066-breastmnist",
  "2508.18161-organamnist",
  "2601.04732-breastmnist",
] as const;

/** A claim by its name, or of a user's file. @throws UsageError listing the names, or saying what a file lacks */
export async function readClaim(platform: Platform, what: string): Promise<Claim> {
  const isShipped = (CLAIMS as readonly string[]).includes(what);
  if (!isShipped && !/\.json$/i.test(what))
    throw new UsageError(`expected one of ${CLAIMS.join(", ")}, or the JSON file of a claim, got ${what}`);
  const path = isShipped ? platform.packageFile(`host/claims/data/${what}.json`) : what;
  const claim = parseClaim(new TextDecoder().decode(await platform.readFile(path)), what);
  if (isShipped && claim.id !== what) throw new HqcnnError(`${path}: expected the claim ${what}, got ${claim.id}`);
  return claim;
}

/** All claims that are shipped. */
export function shippedClaims(platform: Platform): Promise<Claim[]> {
  return Promise.all(CLAIMS.map((name) => readClaim(platform, name)));
}
