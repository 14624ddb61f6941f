import type { TransferKind } from '@fairhop/shared/model';

/** Kinds of transfers that end at a client; the others fill edges. */
const deliveryKinds: readonly TransferKind[] = ['edge-to-client', 'client-to-client'];

export const isDelivery = (kind: TransferKind): boolean => deliveryKinds.includes(kind);

/** What a row of `routes` must be, in SQL, for its bytes to be delivered ones. */
export const IS_DELIVERY_ROUTE = `routes.kind IN (${deliveryKinds.map((kind) => `'${kind}'`).join(', ')})`;
