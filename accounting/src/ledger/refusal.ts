/** Why a message is not booked: a stable code, and what would be right. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}
