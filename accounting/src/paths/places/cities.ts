/**
 * Cities where networks meet: place (ISO 3166-1 country, ISO 3166-2 subdivision, city), then how router names call them beside the
 * city's name itself: IATA codes of its airports and metropolitan area, CLLI place codes, UN/LOCODEs, habits of large networks.
 * Codes that are words of networking (`gig`, `cor`, `lan`, `tor`, `man`, `add`) are left out.
 * Of cities with one name, the one with a star is meant where nothing tells them apart.
 */
const table = `
*us/ca/sanjose sjc snjsca sj sjca
us/ca/sanfrancisco sfo snfcca sanfran
us/ca/losangeles lax lsanca uslax la2ca
us/ca/paloalto pao plalca
us/ca/sunnyvale snvaca
us/ca/santaclara sntcca
us/ca/fremont frmtca
us/ca/oakland oak oklnca
us/ca/sacramento smf scrmca
us/ca/sandiego san sndgca
us/ca/anaheim anhmca
us/ca/fresno frsnca
us/wa/seattle sea sttlwa sttwa
us/wa/spokane geg spknwa
us/or/portland pdx ptldor
us/or/hillsboro hlboor
us/nv/lasvegas las lsvgnv vegas
us/nv/reno rno renonv
us/az/phoenix phx phnxaz
us/az/tucson tus tcsnaz
us/ut/saltlakecity slc slkcut saltlake
us/id/boise boi boisid
us/co/denver den dnvrco
us/nm/albuquerque abq albqnm
us/tx/dallas dfw dal dllstx
us/tx/houston iah hou hstntx
us/tx/austin aus austtx
us/tx/sanantonio sat snantx
us/tx/elpaso elp elpstx
us/tx/mcallen mfe mcaltx
us/ok/oklahomacity okc okcyok
us/ok/tulsa tul tulsok
us/ks/wichita ict
us/mo/kansascity mci kscymo
us/mo/saintlouis stl stlsmo stlouis
us/ne/omaha oma omahne
us/ia/desmoines dsm desmia
us/mn/minneapolis msp mplsmn
us/wi/milwaukee mke milwwi
us/wi/madison msn mdsnwi
us/il/chicago ord chi mdw chcgil cgcil
us/in/indianapolis ind iplsin
us/mi/detroit dtw dtrtmi
us/oh/cleveland cle clevoh
us/oh/columbus cmh clmboh
us/oh/cincinnati cvg cncnoh
us/ky/louisville sdf lsvlky
us/tn/nashville bna nsvltn
us/tn/memphis mmphtn
us/la/neworleans msy nworla
us/al/birmingham bhm brhmal
us/ga/atlanta atl atlnga
us/fl/miami mia miamfl nota
us/fl/jacksonville jax jcvlfl
us/fl/tampa tpa tampfl
us/fl/orlando mco orldfl
us/fl/bocaraton bocafl
us/fl/tallahassee tlh
us/nc/charlotte clt chrlnc
us/nc/raleigh rdu rlghnc
us/sc/charleston chs
us/va/ashburn iad ash asbnva ashbva
us/va/reston rstnva
us/va/mclean mclnva
us/va/vienna vinnva
us/va/richmond ric rcmdva
us/va/norfolk orf nrflva
us/va/virginiabeach vabcva
us/dc/washington dca was wswdc washdc wdc
us/md/baltimore bwi bltmmd
us/pa/philadelphia phl phlapa
us/pa/pittsburgh pit pitbpa
us/nj/newark ewr nwrknj
us/nj/secaucus scscnj
us/ny/newyork nyc jfk lga nycmny nyk usnyc ny
us/ny/buffalo buf bfflny
us/ny/albany alb albyny
us/ct/stamford stfdct
us/ct/hartford bdl hrfrct
us/ri/providence pvd
us/ma/boston bos bstnma
us/nh/manchester mht
us/me/portland pwm
us/mt/billings bil
us/nd/fargo
us/ak/anchorage anc anchak
us/hi/honolulu hnl hnllhi
ca/on/toronto yyz torontoon toroon yto
ca/on/ottawa yow otwaon
ca/qc/montreal yul mtrlpq mtl
ca/qc/quebec yqb
ca/bc/vancouver yvr vancbc
ca/ab/calgary yyc clgrab
ca/ab/edmonton yeg
ca/mb/winnipeg ywg
ca/ns/halifax yhz
ca/sk/regina yqr
mx/cmx/mexicocity mex mexico
mx/que/queretaro qro
mx/nle/monterrey mty
mx/jal/guadalajara gdl
mx/bcn/tijuana tij
gt/01/guatemala gua
cr/sj/sanjose sjo
pa/8/panama pty panamacity
do/01/santodomingo sdq
pr/sanjuan sju
jm/01/kingston kin
cu/03/havana hav
tt/pos/portofspain
br/sp/saopaulo gru sao spo brsao
br/rj/riodejaneiro rio
br/ce/fortaleza ftz
br/rs/portoalegre poa
br/pr/curitiba cwb
br/df/brasilia bsb
br/mg/belohorizonte cnf
br/ba/salvador ssa
br/pe/recife
ar/c/buenosaires eze bue
ar/x/cordoba
cl/rm/santiago scl
pe/lim/lima
co/dc/bogota bog
co/ant/medellin mde
ec/p/quito uio
ec/g/guayaquil gye
ve/a/caracas ccs
uy/mo/montevideo mvd
py/asu/asuncion asu
bo/l/lapaz lpb
gb/eng/london lon lhr ldn lgw gblon lnd thn
gb/eng/slough
*gb/eng/manchester mnc
gb/eng/leeds lba
gb/eng/birmingham bhx
gb/eng/bristol brs
gb/eng/newcastle ncl
gb/eng/liverpool lpl
gb/sct/edinburgh edi
gb/sct/glasgow gla
gb/wls/cardiff cwl
gb/nir/belfast bfs
ie/l/dublin dub dbn iedub
ie/m/cork ork
fr/idf/paris par cdg ory prs frpar
fr/pac/marseille mrs frmrs
fr/ara/lyon lys
fr/ara/grenoble gnb
fr/occ/toulouse tls
fr/occ/montpellier mpl
fr/naq/bordeaux bod
fr/pdl/nantes nte
fr/bre/rennes rns
fr/hdf/lille lil
fr/ges/strasbourg sxb
fr/pac/nice nce
nl/nh/amsterdam ams adm amstnl amd nlams
nl/nh/haarlem haa
nl/zh/rotterdam rtm
nl/zh/thehague denhaag hag
nl/ut/utrecht utc
nl/nb/eindhoven
nl/gr/groningen grq
nl/gr/eemshaven
be/bru/brussels bru brx bruxelles
be/van/antwerp anr
lu/lu/luxembourg lux
de/he/frankfurt fra ffm frankfurtmain frnkge frnkde defra
de/be/berlin ber txl bln
de/hh/hamburg ham hbg hmb
de/by/munich muc mnchn muenchen mchn
de/by/nuremberg nue nuernberg
de/nw/dusseldorf dus duesseldorf dssd
de/nw/cologne cgn koeln koln
de/nw/dortmund dtm
de/nw/essen
de/bw/stuttgart str stgt
de/bw/karlsruhe kae
de/bw/mannheim mhg
de/ni/hanover haj hannover
de/hb/bremen bre
de/sn/leipzig lej
de/sn/dresden drs
*at/9/vienna vie wien atvie
at/4/linz lnz
at/6/graz grz
at/5/salzburg szg
ch/zh/zurich zrh zch zuerich
ch/ge/geneva gva geneve
ch/bs/basel bsl
ch/be/bern brn
ch/vd/lausanne
it/25/milan mil mxp milano mila
it/62/rome rom fco roma
it/21/turin trn torino
it/34/venice vce
it/45/bologna blq
it/52/florence flr firenze
it/72/naples nap napoli
it/82/palermo pmo
it/75/bari bri
es/md/madrid mad mdr esmad
es/ct/barcelona bcn
es/vc/valencia vlc
es/pv/bilbao
es/an/seville svq sevilla
es/an/malaga agp
es/an/cordoba
pt/11/lisbon lis lisboa lsb
pt/13/porto opo
dk/84/copenhagen cph kbn kobenhavn dkcph
dk/82/aarhus aar
se/ab/stockholm sto arn stk sthlm
se/o/gothenburg got gothenborg goteborg
se/m/malmo mmx malmoe
se/bd/lulea lla
no/03/oslo osl
no/46/bergen bgo
no/11/stavanger svg
fi/18/helsinki hel hls
fi/11/tampere tmp
is/1/reykjavik rkv kef
ee/37/tallinn tll
lv/rix/riga rix
lt/vl/vilnius vno
pl/14/warsaw waw wrs warszawa
pl/12/krakow krk
pl/02/wroclaw wro
pl/30/poznan poz
pl/22/gdansk gdn
cz/10/prague prg praha
cz/64/brno brq
sk/bl/bratislava bts
hu/bu/budapest bud bpt
si/061/ljubljana lju
hr/21/zagreb zag
rs/00/belgrade beg beograd
ba/bih/sarajevo sjj
mk/85/skopje skp
al/11/tirana tia
bg/22/sofia sof
ro/b/bucharest buh otp bucuresti
ro/cj/cluj clj
md/cu/chisinau kiv
gr/i/athens ath athina
gr/b/thessaloniki skg
cy/01/nicosia
cy/02/limassol lca
mt/60/valletta mla
tr/34/istanbul ist
tr/06/ankara ank esb
ua/30/kyiv kiev iev kbp
ua/51/odesa ods odessa
ua/46/lviv lwo
by/hm/minsk msq
ru/mow/moscow mow svo dme moskva msk
ru/spe/saintpetersburg spb stpetersburg
ru/nvs/novosibirsk ovb
ru/sve/yekaterinburg svx
ge/tb/tbilisi tbs
am/er/yerevan evn
az/ba/baku gyd
kz/75/almaty ala
kz/71/astana nqz
uz/tk/tashkent tas
il/ta/telaviv tlv
il/ha/haifa hfa
lb/ba/beirut bey
jo/am/amman amm
iq/bg/baghdad bgw
ir/23/tehran thr ika
sa/01/riyadh ruh
sa/02/jeddah jed
ae/du/dubai dxb
ae/az/abudhabi auh
ae/fu/fujairah fjr
qa/da/doha doh
kw/ku/kuwait kwi
bh/13/manama bah
om/ma/muscat mct
pk/sd/karachi khi
pk/pb/lahore lhe
pk/is/islamabad isb
in/mh/mumbai bom mbi
in/mh/pune pnq
in/dl/delhi del newdelhi
in/tn/chennai maa
in/ka/bangalore blr bengaluru
in/tg/hyderabad hyd
in/wb/kolkata ccu
in/kl/kochi cok
lk/1/colombo cmb
bd/13/dhaka dac
np/p3/kathmandu ktm
mm/06/yangon rgn
th/10/bangkok bkk
vn/sg/hochiminhcity sgn saigon
vn/hn/hanoi han
kh/12/phnompenh pnh
my/14/kualalumpur kul
my/07/penang pen
sg/singapore sin sng sgp sgsin
id/jk/jakarta cgk jkt
id/ji/surabaya
id/ri/batam bth
ph/00/manila mnl
ph/07/cebu ceb
hk/hongkong hkg hnk hk hkhkg
tw/tpe/taipei tpe
tw/khh/kaohsiung khh
mo/macau mfm
cn/bj/beijing pek bjs
cn/sh/shanghai sha pvg
cn/gd/guangzhou
cn/gd/shenzhen szx
cn/sc/chengdu ctu
jp/13/tokyo tyo nrt hnd tokyjp tok jptyo
jp/27/osaka osa kix itm osakjp
jp/23/nagoya ngo
jp/40/fukuoka fuk
jp/01/sapporo cts
kr/11/seoul icn sel gmp
kr/26/busan pus
mn/1/ulaanbaatar uln
au/nsw/sydney syd sydn
au/vic/melbourne mel melb
au/qld/brisbane bne
au/wa/perth per
au/sa/adelaide adl
au/act/canberra cbr
au/tas/hobart hba
au/nt/darwin drw
nz/auk/auckland akl
nz/wgn/wellington wlg
nz/can/christchurch chc
nz/wko/hamilton hlz
gu/guam gum
fj/c/suva suv
pg/ncd/portmoresby pom
za/gp/johannesburg jnb joburg
za/wc/capetown cpt
za/kzn/durban dur
za/gp/pretoria pry
ke/30/nairobi nbo
ke/28/mombasa mba
ng/la/lagos los
gh/aa/accra
eg/c/cairo cai
eg/alx/alexandria hbe
ma/cas/casablanca cmn
tn/11/tunis
dz/16/algiers alg
sn/dk/dakar dkr dss
ci/ab/abidjan abj
cm/ce/yaounde
cd/kn/kinshasa fih
ao/lua/luanda lad
tz/02/daressalaam dar
ug/c/kampala ebb
rw/01/kigali kgl
et/aa/addisababa
dj/dj/djibouti jib
sd/kh/khartoum krt
mz/mpm/maputo mpm
zm/09/lusaka lun
zw/ha/harare hre
bw/ga/gaborone gbe
na/kh/windhoek wdh
mu/pl/portlouis mru
mg/t/antananarivo tnr
re/reunion
`;

const lines = table
  .trim()
  .split('\n')
  .map((line) => {
    const [place = '', ...codes] = line.replace('*', '').split(' ');
    return {
      place,
      words: new Set([place.slice(place.lastIndexOf('/') + 1), ...codes]),
      isMeant: line[0] === '*',
    };
  });

/** Places that a word of a router's name may mean; several where it is ambiguous. */
export const placesByWord: ReadonlyMap<string, readonly string[]> = lines.reduce(
  (places, { place, words }) => {
    for (const word of words) places.set(word, [...(places.get(word) ?? []), place]);
    return places;
  },
  new Map<string, string[]>(),
);

/** Of places with one name, those that are meant by it. */
export const meantPlaces: ReadonlySet<string> = new Set(
  lines.filter(({ isMeant }) => isMeant).map(({ place }) => place),
);
