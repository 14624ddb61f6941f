import { costClass } from './path-costs.js';

/**
 * The class of a source where the downloader's ISP gave an ALTO map that lists the downloader: by the rank of its cost in that
 * map; after those the class by AS hops where the map gives no cost. On-net stays before off-net whatever the map says: content
 * enters an ISP once.
 */
export function altoCostClass(byHops: number, rank: number | undefined, onNet: boolean): number {
  if (rank !== undefined) return (onNet ? costClass.onNetByAlto : costClass.offNetByAlto) + rank;
  return (onNet ? costClass.onNetWithoutAlto : costClass.offNetWithoutAlto) + byHops;
}
