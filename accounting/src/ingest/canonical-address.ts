import { canonicalAddress as canonical, NetError } from '@fairhop/shared/net';
import { rejection } from './rejection.js';

/** As `canonicalAddress` of shared, for what a reporter says. Throws `address-invalid`. */
export function canonicalAddress(text: string): string {
  try {
    return canonical(text);
  } catch (error) {
    if (error instanceof NetError) throw rejection('address-invalid', error.message, error);
    throw error;
  }
}
