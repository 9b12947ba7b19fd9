-- The company behind the mesh: places, stores, articles, customers, orders, parcels, staff.
-- Every product's table is selected from here or from another product, so that figures agree.

CREATE SCHEMA world;

CREATE TABLE world.places AS
SELECT v.*, round(lat + chance(i, 'lat') / 2, 4) AS latitude,
       round(lon + chance(i, 'lon'), 4) AS longitude
FROM (VALUES
    (0, 'Aldervik', 'NO', 'capital region', 59.4, 10.2),
    (1, 'Bjerkesund', 'NO', 'other city', 60.1, 5.1),
    (2, 'Fossheim', 'NO', 'other city', 63.2, 10.0),
    (3, 'Grindvoll', 'NO', 'rural', 61.0, 8.6),
    (4, 'Havrefjord', 'NO', 'rural', 67.1, 14.2),
    (5, 'Kvitnes', 'NO', 'rural', 69.4, 18.6),
    (6, 'Almedalen', 'SE', 'capital region', 59.1, 17.6),
    (7, 'Brunnstad', 'SE', 'capital region', 59.3, 17.4),
    (8, 'Ekholma', 'SE', 'other city', 57.4, 11.6),
    (9, 'Lingonås', 'SE', 'other city', 55.4, 12.8),
    (10, 'Norrträsk', 'SE', 'rural', 65.2, 20.4),
    (11, 'Skogby', 'SE', 'rural', 62.2, 15.8),
    (12, 'Fuglehavn', 'DK', 'capital region', 55.4, 12.0),
    (13, 'Hedelund', 'DK', 'other city', 55.9, 9.6),
    (14, 'Marskbjerg', 'DK', 'rural', 55.0, 8.6),
    (15, 'Hiidensalmi', 'FI', 'capital region', 60.0, 24.2),
    (16, 'Koivuranta', 'FI', 'other city', 61.2, 23.0),
    (17, 'Pohjalampi', 'FI', 'rural', 65.0, 25.4)
) AS v(i, name, country, urbanity, lat, lon);

CREATE TABLE world.postcodes AS
SELECT r.range AS i, p.country, p.name AS municipality, p.urbanity,
       'H' || lpad(CAST(1 + CASE WHEN p.i IN (4, 11, 14, 17) THEN p.i - 1 ELSE p.i END
                        AS VARCHAR), 2, '0') AS hub_id,
       row_number() OVER (PARTITION BY p.country, p.urbanity ORDER BY r.range) - 1 AS place_in_kind,
       p.country || '-' || CASE WHEN p.country IN ('NO', 'DK')
            THEN lpad(CAST(100 + r.range * 13 AS VARCHAR), 4, '0')
            ELSE lpad(CAST(10000 + r.range * 131 AS VARCHAR), 5, '0') END AS postcode,
       round(p.latitude + 0.10 * bell(r.range, 'pc-lat'), 4) AS latitude,
       round(p.longitude + 0.15 * bell(r.range, 'pc-lon'), 4) AS longitude,
       CASE p.urbanity WHEN 'capital region' THEN whole(r.range, 'pop', 2800, 21000)
            WHEN 'other city' THEN whole(r.range, 'pop', 1400, 12000)
            ELSE whole(r.range, 'pop', 120, 2600) END AS residents
FROM range(612) r JOIN world.places p ON p.i = r.range % 18;

CREATE TABLE world.stores AS
SELECT r.range AS i, 'S' || lpad(CAST(r.range + 1 AS VARCHAR), 3, '0') AS store_id,
       p.country, p.municipality, p.postcode, p.urbanity, p.latitude, p.longitude,
       weigh(r.range, 'format', ['combined', 'home', 'health'], [0.52, 0.78]) AS format,
       as_of_day() - CAST(whole(r.range, 'opened', 300, 9000) AS INTEGER) AS opened_on,
       whole(r.range, 'floor', 220, 2400) AS floor_m2
FROM range(212) r JOIN world.postcodes p ON p.i = (r.range * 37) % 612;

CREATE TABLE world.categories AS
SELECT * FROM (VALUES
    (1, 'Bed and bath', 0.46, 380), (2, 'Kitchen and table', 0.44, 240),
    (3, 'Lighting', 0.48, 520), (4, 'Storage', 0.41, 310), (5, 'Textiles', 0.52, 290),
    (6, 'Garden and balcony', 0.38, 640), (7, 'Skin and hair care', 0.43, 170),
    (8, 'Vitamins and food supplements', 0.39, 190), (9, 'Mother and child', 0.28, 220),
    (10, 'Medicines without prescription', 0.31, 120), (11, 'Prescription medicines', 0.17, 340),
    (12, 'Aids and measuring devices', 0.35, 560)
) AS v(i, category, margin, price);

CREATE TABLE world.articles AS
SELECT r.range AS i, 'A' || CAST(10000 + r.range AS VARCHAR) AS article_id, c.category, c.margin,
       pick(r.range, 'brand', ['Nattlys', 'Bruk', 'Fjellro', 'Lind & Lav', 'Hverdag', 'Apotekets eget',
            'Marhav', 'Solbris', 'Vinterhage', 'Klarvann']) AS brand,
       c.i = 11 AS needs_prescription,
       round(greatest(19, c.price * (1 + 0.55 * bell(r.range, 'price'))), 2) AS list_price_nok,
       whole(r.range, 'weight', 40, 9000) AS weight_g
FROM range(1800) r JOIN world.categories c ON c.i = 1 + r.range % 12;

CREATE TABLE world.customers AS
WITH drawn AS (
    SELECT r.range AS i, code('C', 100000 + r.range) AS customer_id,
           weigh(r.range, 'sex', ['female', 'male', 'not stated'], [0.61, 0.975]) AS sex,
           weigh(r.range, 'age-band', [18, 25, 35, 45, 55, 65, 75],
                 [0.07, 0.25, 0.47, 0.67, 0.84, 0.96]) AS youngest,
           weigh(r.range, 'country', ['NO', 'SE', 'DK', 'FI'], [0.46, 0.77, 0.92]) AS country,
           weigh(r.range, 'urbanity', ['capital region', 'other city', 'rural'],
                 [0.42, 0.80]) AS urbanity
    FROM range(8000) r
), aged AS (
    SELECT *, CAST(youngest + whole(i, 'years', 0, CASE youngest WHEN 18 THEN 6 ELSE 9 END)
                   AS INTEGER) AS age
    FROM drawn
)
SELECT a.*, age_band(age) AS age_band, year(as_of_day()) - age AS birth_year,
       CASE WHEN chance(a.i, 'tongue') < 0.055 THEN 'other' ELSE CASE a.country
            WHEN 'NO' THEN 'Norwegian' WHEN 'SE' THEN 'Swedish'
            WHEN 'DK' THEN 'Danish' ELSE CASE WHEN chance(a.i, 'fi-sv') < 0.12
            THEN 'Swedish' ELSE 'Finnish' END END END AS language,
       CASE WHEN chance(a.i, 'income') < CASE WHEN age < 25 THEN 0.62 WHEN age > 66 THEN 0.36
                 ELSE 0.17 END THEN 'low'
            WHEN chance(a.i, 'income') < CASE WHEN age < 25 THEN 0.97 WHEN age > 66 THEN 0.86
                 ELSE 0.68 END THEN 'middle' ELSE 'high' END AS income_band,
       CAST(moment(a.i, 'joined', 3200) AS DATE) AS registered_on,
       weigh(a.i, 'channel', ['web', 'store', 'app'], [0.44, 0.82]) AS sign_up_channel,
       chance(a.i, 'club') < 0.68 AS in_club,
       pick(a.i, 'given', ['Astrid', 'Bo', 'Dagny', 'Eino', 'Freja', 'Gudrun', 'Halvor', 'Ida', 'Jens',
            'Kaisa', 'Lauri', 'Maja', 'Nils', 'Oda', 'Pia', 'Runa', 'Sven', 'Tuva', 'Ulrik', 'Vilde'])
            AS given_name,
       pick(a.i, 'family', ['Aasland', 'Bergmann', 'Dahlin', 'Eskola', 'Fjeld', 'Gram', 'Hagen',
            'Isaksen', 'Juhl', 'Korhola', 'Lindqvist', 'Moe', 'Nyberg', 'Ottesen', 'Pihl', 'Rask',
            'Strand', 'Toivola', 'Ulvang', 'Vinter']) AS family_name,
       n.postcode, n.municipality
FROM aged a
JOIN (SELECT country, urbanity, count(*) AS places FROM world.postcodes GROUP BY ALL) k
    USING (country, urbanity)
JOIN world.postcodes n ON n.country = a.country AND n.urbanity = a.urbanity
    AND n.place_in_kind = whole(a.i, 'postcode', 0, k.places - 1);

CREATE TABLE world.orders AS
WITH drawn AS (
    SELECT r.range AS i, code('O', 200000 + r.range) AS order_id,
           CAST(floor(8000 * chance(r.range, 'who') * (0.2 + 0.8 * chance(r.range, 'who'))) AS BIGINT) AS customer_no,
           moment(r.range, 'placed', 730) AS placed_at,
           weigh(r.range, 'via', ['store', 'web', 'app'], [0.47, 0.83]) AS channel
    FROM range(9000) r
)
SELECT d.i, d.order_id, d.placed_at, d.channel, c.country, c.postcode,
       CASE WHEN d.channel = 'store' AND chance(d.i, 'guest') < 0.12 THEN NULL
            ELSE c.customer_id END AS customer_id,
       CASE WHEN d.channel = 'store'
            THEN 'S' || lpad(CAST(whole(d.i, 'store', 1, 212) AS VARCHAR), 3, '0') END AS store_id
FROM drawn d JOIN world.customers c ON c.i = d.customer_no;

CREATE TABLE world.order_lines AS
WITH drawn AS (
    SELECT o.i * 4 + l.range AS i, l.range + 1 AS line_no, o.* EXCLUDE (i, postcode),
           CAST(floor(pow(chance(o.i * 4 + l.range, 'article'), 1.7) * 1800) AS BIGINT) AS article_no
    FROM world.orders o, range(3) l
    WHERE l.range = 0 OR chance(o.i, 'lines') > 0.42 + 0.2 * l.range
)
SELECT d.* EXCLUDE (article_no), a.article_id, a.category, a.margin,
       CAST(1 + floor(pow(chance(d.i, 'quantity'), 3) * 4) AS BIGINT) AS quantity,
       round(a.list_price_nok * CASE WHEN chance(d.i, 'offer') < 0.2 THEN 0.75 ELSE 1 END, 2)
           AS unit_price_nok
FROM drawn d JOIN world.articles a ON a.i = d.article_no;

CREATE TABLE world.hubs AS
SELECT p.i, 'H' || lpad(CAST(p.i + 1 AS VARCHAR), 2, '0') AS hub_id,
       p.name || ' terminal' AS name,
       p.country, p.name AS municipality, p.latitude, p.longitude,
       whole(p.i, 'capacity', 6, 40) * 500 AS parcels_per_day
FROM world.places p WHERE p.i NOT IN (4, 11, 14, 17);

CREATE TABLE world.lockers AS
SELECT r.range AS i, 'L' || CAST(4000 + r.range AS VARCHAR) AS locker_id, p.postcode, p.municipality,
       p.country, p.urbanity, p.latitude, p.longitude, whole(r.range, 'doors', 3, 9) * 12 AS doors
FROM range(420) r JOIN world.postcodes p ON p.i = (r.range * 61) % 612
WHERE p.urbanity <> 'rural' OR r.range % 3 = 0;

CREATE TABLE world.parcels AS
SELECT o.i, code('P', 700000 + o.i) AS parcel_id, o.order_id, o.customer_id, o.country, o.postcode,
       p.municipality, p.urbanity, o.placed_at + to_hours(whole(o.i, 'pack', 2, 30)) AS handed_over_at,
       whole(o.i, 'heavy', 120, 14000) AS weight_g,
       weigh(o.i, 'drop', ['locker', 'home', 'store'], [0.48, 0.84]) AS drop_kind,
       CASE p.urbanity WHEN 'capital region' THEN 21 + 9 * abs(bell(o.i, 'transit'))
            WHEN 'other city' THEN 29 + 11 * abs(bell(o.i, 'transit'))
            ELSE 40 + 16 * abs(bell(o.i, 'transit')) END AS transit_hours,
       p.hub_id
FROM world.orders o JOIN world.postcodes p USING (postcode)
WHERE o.channel <> 'store';

CREATE TABLE world.staff AS
WITH drawn AS (
    SELECT r.range AS i, 'E' || CAST(30000 + r.range AS VARCHAR) AS employee_id,
           weigh(r.range, 'job', ['store assistant', 'pharmacy technician', 'pharmacist',
                 'warehouse operative', 'driver', 'office specialist', 'manager'],
                 [0.36, 0.49, 0.58, 0.74, 0.85, 0.94]) AS job_family,
           weigh(r.range, 'country', ['NO', 'SE', 'DK', 'FI'], [0.47, 0.78, 0.93]) AS country,
           CAST(19 + floor(chance(r.range, 'age') * 47) AS INTEGER) AS age
    FROM range(3400) r
)
SELECT d.*, age_band(age) AS age_band,
       CASE WHEN chance(i, 'sex') < CASE job_family WHEN 'store assistant' THEN 0.74
            WHEN 'pharmacy technician' THEN 0.88 WHEN 'pharmacist' THEN 0.72
            WHEN 'warehouse operative' THEN 0.31 WHEN 'driver' THEN 0.12
            WHEN 'office specialist' THEN 0.52 ELSE 0.43 END THEN 'female' ELSE 'male' END AS sex,
       CASE WHEN chance(i, 'born') < 0.17 THEN 'outside the Nordic countries'
            ELSE 'Nordic countries' END AS birth_region,
       CAST(moment(i, 'hired', 4200) AS DATE) AS hired_on,
       CASE WHEN chance(i, 'hours') < 0.41 THEN 'part time' ELSE 'full time' END AS contract_kind
FROM drawn d;
