// The noise tape, written by host/circuit/noise/tape.ts: how a circuit is run when its outputs are not exact. It lies
// beside the tape of gates (program.ts). A header of 80 bytes:
//   i32 mode                     KET: no channel; DENSITY: a density matrix; TRAJECTORIES: kets, channels drawn
//   i32 shots                    of every group; 0: exact probabilities
//   i32 trajectories             1 or more
//   i32 method, directions       of gradients, see estimate.ts
//   i32 channels, placements, groups, readouts, values   how many of each
//   i32 placementsAt, groupsAt, readoutsAt, errorsAt     bytes from the start of this tape
//   f64 step                     of gradients
//   i32 channelBytes             of all channels as channels.ts expands them
//   i32 hasErrors; 8 bytes of nothing
// channels, 64 bytes each, right behind the header: see channels.ts
// placements, 16 bytes each, in order: i32 after (the record behind which the channel acts, −1: before all), channel,
//   bit, bit2 (basis-index bits of its wires, the first more significant; −1: only one)
// groups, 8 bytes each: i32 xs, ys: basis-index bits that are measured in the eigenbasis of X, and of Y; others of Z
// readouts, 64 bytes each, as those of readout.ts but diagonal in the basis of their group:
//   i32 kind, target, group, support (basis-index bits of the word), second, count; 8 bytes of nothing;
//   f64 coefficient; u8[20] bits
// errors, 16 bytes a basis-index bit from 0 on: f64 probability to read 1 for 0, f64 probability to read 0 for 1

export const KET: i32 = 0;
export const DENSITY: i32 = 1;
export const TRAJECTORIES: i32 = 2;

export const CHANNEL_BYTES: usize = 64;
export const PLACEMENT_BYTES: usize = 16;
export const GROUP_BYTES: usize = 8;
export const READOUT_BYTES: usize = 64;
const HEADER_BYTES: usize = 80;

// @ts-ignore: decorator
@inline
export function modeOf(noise: usize): i32 {
  return load<i32>(noise, 0);
}
// @ts-ignore: decorator
@inline
export function shotsOf(noise: usize): i32 {
  return load<i32>(noise, 4);
}
// @ts-ignore: decorator
@inline
export function trajectoriesOf(noise: usize): i32 {
  return load<i32>(noise, 8);
}
// @ts-ignore: decorator
@inline
export function methodOf(noise: usize): i32 {
  return load<i32>(noise, 12);
}
// @ts-ignore: decorator
@inline
export function directionsOf(noise: usize): i32 {
  return load<i32>(noise, 16);
}
// @ts-ignore: decorator
@inline
export function numChannelsOf(noise: usize): i32 {
  return load<i32>(noise, 20);
}
// @ts-ignore: decorator
@inline
export function numPlacementsOf(noise: usize): i32 {
  return load<i32>(noise, 24);
}
// @ts-ignore: decorator
@inline
export function numGroupsOf(noise: usize): i32 {
  return load<i32>(noise, 28);
}
// @ts-ignore: decorator
@inline
export function numReadoutsOf(noise: usize): i32 {
  return load<i32>(noise, 32);
}
// @ts-ignore: decorator
@inline
export function numValuesOf(noise: usize): i32 {
  return load<i32>(noise, 36);
}
// @ts-ignore: decorator
@inline
export function channelAt(noise: usize, channel: i32): usize {
  return noise + HEADER_BYTES + <usize>channel * CHANNEL_BYTES;
}
// @ts-ignore: decorator
@inline
export function placementAt(noise: usize, i: i32): usize {
  return noise + <usize>load<u32>(noise, 40) + <usize>i * PLACEMENT_BYTES;
}
// @ts-ignore: decorator
@inline
export function groupAt(noise: usize, i: i32): usize {
  return noise + <usize>load<u32>(noise, 44) + <usize>i * GROUP_BYTES;
}
// @ts-ignore: decorator
@inline
export function readoutAt(noise: usize, i: i32): usize {
  return noise + <usize>load<u32>(noise, 48) + <usize>i * READOUT_BYTES;
}
// @ts-ignore: decorator
@inline
export function errorsAt(noise: usize): usize {
  return noise + <usize>load<u32>(noise, 52);
}
// @ts-ignore: decorator
@inline
export function stepOf(noise: usize): f64 {
  return load<f64>(noise, 56);
}
// @ts-ignore: decorator
@inline
export function channelBytesOf(noise: usize): usize {
  return <usize>load<u32>(noise, 64);
}
// @ts-ignore: decorator
@inline
export function hasErrors(noise: usize): bool {
  return load<i32>(noise, 68) != 0;
}
