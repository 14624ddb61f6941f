export {
  type Address,
  type AddressInput,
  compareAddresses,
  formatAddress,
  type Ipv4Address,
  type Ipv6Address,
  parseAddress,
} from './address.js';
export { type AltoMap, createAltoMap, findAltoMaps } from './alto/index.js';
export {
  type AsGraph,
  AsGraphError,
  type AsGraphProblem,
  type AutonomousSystem,
  createAsGraph,
  type Isp,
} from './as-graph.js';
export {
  type AsGraphFile,
  type AsGraphProblemCode,
  type AsLink,
  type AsRelationship,
  asGraphSchema,
  asnSchema,
  type Exchange,
  ispSlugSchema,
} from './as-graph-schema.js';
export { createFurtherAsPaths, readAsRelationships } from './as-relationships.js';
export { type BundledAsnConfig, type BundledAsnSource, createBundledAsnSource } from './asn-bundled.js';
export { createLiveAsnSource, type LiveAsnConfig, type LiveAsnDeps } from './asn-live.js';
export {
  type AsnChain,
  type AsnChainOptions,
  type AsnMatch,
  type AsnSource,
  createAsnChain,
} from './asn-source.js';
export { createBgpAsPaths } from './bgp/bgp-as-paths.js';
export { readRibs } from './bgp/read-rib.js';
export type { BgpOrigins, BgpRoute, RibHistory, RibSnapshot, RibView } from './bgp/rib.js';
export {
  createRibHistory,
  type HistoryRouter,
  type RibTablesHistory,
  type WritableRibHistory,
} from './bgp/rib-history.js';
export type { RibTable } from './bgp/rib-table.js';
export type { RibTablesView } from './bgp/rib-view.js';
export { canonicalAddress, routedNetwork } from './canonical.js';
export { clientPlace, clientSite } from './client-place.js';
export { locateByPrefix, type OriginDispute, type PrefixLocation } from './locate.js';
export { MrtError, type MrtErrorCode } from './mrt/mrt-error.js';
export { formatMrtRoute, type MrtRoute, readMrtRoutes } from './mrt/routes.js';
export { NetError, type NetErrorCode } from './net-error.js';
export {
  formatPrefix,
  type Ipv4Prefix,
  type Ipv6Prefix,
  inPrefix,
  type Prefix,
  parsePrefix,
} from './prefix.js';
export { createPrefixTable, type PrefixEntry, type PrefixTable } from './prefix-table.js';
export { isPublicAddress } from './special-addresses.js';
export { type AsPaths, type AsPathsInput, createAsPaths } from './valley-free.js';
