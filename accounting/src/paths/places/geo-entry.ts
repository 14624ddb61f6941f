import { z } from 'zod';

const named = z.looseObject({
  iso_code: z.string().optional(),
  names: z.looseObject({ en: z.string().optional() }).optional(),
});
/** MaxMind's shape and the flat one of ip-location-db and DB-IP. */
const entrySchema = z.looseObject({
  country: z.union([named, z.string()]).optional(),
  registered_country: named.optional(),
  subdivisions: z.array(named).optional(),
  city: z.union([named, z.string()]).optional(),
  country_code: z.string().optional(),
  state1: z.string().optional(),
});

/** Percent: how often such databases are right by country and by city; for hosts of access networks cities are often wrong. */
const confidence = { country: 60, city: 40 } as const;

/** Undefined for an entry without a country. */
export function placeOfEntry(entry: unknown): { place: string; confidence: number } | undefined {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) return undefined;
  const { country, registered_country, subdivisions, city, country_code, state1 } = parsed.data;
  const ofCountry = typeof country === 'object' ? country.iso_code : country;
  const code = (ofCountry ?? country_code ?? registered_country?.iso_code)?.toLowerCase();
  if (code === undefined || !/^[a-z]{2}$/.test(code)) return undefined;
  const region = slugOf(subdivisions?.[0]?.iso_code ?? subdivisions?.[0]?.names?.en ?? state1);
  const town = slugOf(typeof city === 'object' ? city.names?.en : city);
  if (region === undefined) return { place: code, confidence: confidence.country };
  if (town === undefined) return { place: `${code}/${region}`, confidence: confidence.city };
  return { place: `${code}/${region}/${town}`, confidence: confidence.city };
}

/** `San José` is `sanjose`, as in names of routers. */
function slugOf(name: string | undefined): string | undefined {
  const slug = name
    ?.normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 32);
  return slug === '' ? undefined : slug;
}
