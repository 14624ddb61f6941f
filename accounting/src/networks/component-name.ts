/** As components are booked and declared: in lower case but for hosts, whose keys tell upper from lower case. */
export const componentName = (id: string): string => (id.startsWith('host:') ? id : id.toLowerCase());
