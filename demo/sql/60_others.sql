CREATE SCHEMA platform;

CREATE TABLE platform.service_telemetry AS
SELECT s.service, CAST(as_of_day() AS TIMESTAMP) - to_hours(CAST(h.range AS BIGINT)) AS hour,
       whole(s.i * 1000 + h.range, 'requests', 200, 90000) AS requests,
       CASE WHEN chance(s.i * 1000 + h.range, 'bad-hour') < 0.02
            THEN whole(s.i * 1000 + h.range, 'errors', 20, 900) ELSE 0 END AS errors,
       round(12 + 30 * chance(s.i * 1000 + h.range, 'p50'), 1) AS p50_ms,
       round(60 + 300 * pow(chance(s.i * 1000 + h.range, 'p95'), 3), 1) AS p95_ms
FROM range(672) h, (SELECT range AS i, ['web shop', 'app gateway', 'orders', 'prices', 'search', 'tracking',
    'lockers', 'payments', 'credit', 'rosters', 'pharmacy', 'stock'][range + 1] AS service FROM range(12)) s;

CREATE SCHEMA marketing;

CREATE TABLE marketing.campaigns AS
SELECT 'M' || lpad(CAST(d.range AS VARCHAR), 4, '0') AS campaign_id,
       pick(d.range, 'season', ['Spring', 'Summer', 'Autumn', 'Advent', 'New year']) || ' '
           || pick(d.range, 'theme', ['sleep', 'light', 'balcony', 'vitamins', 'skin', 'order', 'kitchen']) AS name,
       pick(d.range, 'market', ['NO', 'SE', 'DK', 'FI']) AS country,
       as_of_day() - CAST(whole(d.range, 'start', -40, 1000) AS INTEGER) AS starts_on,
       as_of_day() - CAST(whole(d.range, 'start', -40, 1000) - whole(d.range, 'length', 4, 28) AS INTEGER) AS ends_on,
       pick(d.range, 'medium', ['newsletter', 'television', 'social media', 'store', 'search engine']) AS channel,
       round(20000 + 900000 * pow(chance(d.range, 'budget'), 2), -3) AS budget_nok
FROM range(600) d;

CREATE TABLE marketing.campaign_responses AS
WITH invited AS (
    SELECT d.range AS i, c.customer_id, c.sex, c.age_band,
           'M' || lpad(CAST(whole(d.range, 'campaign', 0, 39) AS VARCHAR), 4, '0') AS campaign_id
    FROM range(16800) d JOIN world.customers c ON c.i = whole(d.range, 'invited', 0, 7999)
    WHERE chance(d.range, 'agreed') < CASE c.sex WHEN 'female' THEN 0.66 WHEN 'male' THEN 0.51 ELSE 0.40 END
          * CASE WHEN c.age < 25 THEN 0.72 WHEN c.age BETWEEN 45 AND 54 THEN 1.1 ELSE 1 END
)
SELECT DISTINCT ON (campaign_id, customer_id) campaign_id, customer_id,
       chance(i, 'control') > 0.1 AS contacted, sex, age_band,
       chance(i, 'response') < CASE WHEN chance(i, 'control') > 0.1 THEN 0.084 ELSE 0.061 END AS bought,
       CASE WHEN chance(i, 'response') < CASE WHEN chance(i, 'control') > 0.1 THEN 0.084 ELSE 0.061 END
            THEN round(180 + 1400 * chance(i, 'spent'), 2) ELSE 0 END AS revenue_nok
FROM invited ORDER BY campaign_id, customer_id, i;

CREATE TABLE marketing.lookalike_audience AS
SELECT postcode, round(chance(i, 'likeness'), 3) AS likeness,
       CASE WHEN chance(i, 'likeness') > 0.6 THEN whole(i, 'wave', 1, 3) END AS wave
FROM world.postcodes;

CREATE SCHEMA health;

CREATE TABLE health.prescriptions_dispensed AS
SELECT code('RX', d.range) AS dispensing_id, 'p' || substr(md5('year' || whole(d.range, 'patient', 0, 3999)), 1, 14)
           AS patient_key,
       CAST(moment(d.range, 'dispensed', 365) AS DATE) AS dispensed_on,
       'S' || lpad(CAST(whole(d.range, 'pharmacy', 1, 140) AS VARCHAR), 3, '0') AS store_id,
       pick(d.range, 'atc', ['A alimentary tract', 'B blood', 'C cardiovascular system', 'D skin',
            'G genito-urinary system', 'H hormones', 'J infections', 'M muscles and bones',
            'N nervous system', 'R respiratory system']) AS atc_group,
       whole(d.range, 'packages', 1, 4) AS packages,
       weigh(d.range, 'patient-sex', ['female', 'male'], [0.58]) AS sex,
       weigh(d.range, 'patient-age', ['0-17', '18-24', '25-34', '35-44', '45-54', '55-64', '65-74', '75+'],
             [0.05, 0.09, 0.16, 0.25, 0.36, 0.50, 0.72]) AS age_band
FROM range(12000) d;

CREATE TABLE health.vaccination_slots AS
SELECT s.store_id, as_of_day() + CAST(d.range AS INTEGER) AS day, CAST(h.hour AS BIGINT) AS hour,
       pick(s.i + d.range * 7, 'vaccine', ['influenza', 'covid-19', 'TBE', 'HPV']) AS vaccine,
       whole(s.i * 100 + d.range * 10 + h.hour, 'free', 0, 5) AS free,
       whole(s.i * 100 + d.range * 10 + h.hour, 'booked-slots', 0, 7) AS booked
FROM world.stores s, range(14) d, (VALUES (10), (13), (16)) h(hour)
WHERE s.format <> 'home' AND s.i % 2 = 0;

CREATE TABLE health.medicine_stock AS
SELECT s.store_id, a.article_id,
       CASE WHEN chance(s.i * 2000 + a.i, 'booked-twice') < 0.004 THEN -1
            ELSE CAST(floor(30 * pow(chance(s.i * 2000 + a.i, 'stock'), 2)) AS BIGINT) END AS in_stock,
       whole(s.i * 2000 + a.i, 'on-order', 0, 12) AS on_order,
       round(1.5 * pow(chance(s.i * 2000 + a.i, 'use'), 2), 2) AS daily_use,
       CASE WHEN chance(s.i * 2000 + a.i, 'shelf') < 0.9
            THEN as_of_day() + CAST(whole(s.i * 2000 + a.i, 'expiry', 20, 700) AS INTEGER) END AS nearest_expiry
FROM world.stores s JOIN world.articles a ON a.category IN ('Prescription medicines',
     'Medicines without prescription') AND (s.i + a.i) % 3 = 0
WHERE s.format <> 'home' AND s.i % 2 = 0;

CREATE TABLE health.triage_conversations AS
SELECT code('TT', d.range) AS turn_id, code('TC', CAST(d.range / 4 AS BIGINT)) AS conversation,
       weigh(CAST(d.range / 4 AS BIGINT), 'spoken', ['Norwegian', 'Swedish', 'Danish', 'Finnish', 'other'],
             [0.55, 0.90, 0.97, 0.99]) AS language,
       t.topic, t.opening || pick(d.range, 'since', [' since yesterday', ' for a week', ' again', ' after travel'])
           || ', what can I do?' AS text,
       weigh(d.range, 'urgency', ['self-care', 'ask pharmacist', 'see doctor', 'emergency'],
             [0.52, 0.86, 0.985]) AS urgency,
       whole(d.range, 'annotators', 1, 3) AS annotators,
       weigh(CAST(d.range / 4 AS BIGINT), 'part', ['train', 'validation', 'test'], [0.8, 0.9]) AS split
FROM range(7000) d JOIN (VALUES (0, 'fever in children', 'My child has a fever'), (1, 'skin', 'I have an itching rash'),
    (2, 'pain', 'I have a headache'), (3, 'allergy', 'My eyes are running'), (4, 'stomach', 'I feel sick'),
    (5, 'sleep', 'I cannot sleep'), (6, 'medicines together', 'I take two medicines that may not go together'))
    t(no, topic, opening) ON t.no = whole(d.range, 'topic', 0, 6);

CREATE TABLE health.medicine_recalls AS
SELECT 'B' || substr(md5('batch' || d.range), 1, 7) AS batch, 'A' || (10010 + d.range * 12) AS article_id,
       as_of_day() - CAST(d.range AS INTEGER) AS announced_on,
       pick(d.range, 'agency', ['NO', 'SE', 'DK', 'FI']) AS agency, 'wrong leaflet' AS reason
FROM range(60) d;

CREATE SCHEMA facilities;

CREATE TABLE facilities.energy_meters AS
SELECT s.store_id, as_of_day() - CAST(d.range AS INTEGER) AS day,
       round(s.floor_m2 * (0.18 + 0.2 * chance(s.i * 90 + d.range, 'power')), 1) AS power_kwh,
       CASE WHEN s.urbanity <> 'rural' THEN round(s.floor_m2 * (0.1 + 0.3 * chance(s.i * 90 + d.range, 'heat')), 1) END
           AS heat_kwh,
       s.i % 5 = 0 AS shared_meter
FROM world.stores s, range(60) d;

CREATE TABLE facilities.cleaning_inspections AS
SELECT s.store_id, strftime(as_of_day() - to_months(CAST(m.range AS INTEGER)), '%Y-%m') AS month,
       round(2.5 + 2.5 * chance(s.i * 30 + m.range, 'points'), 1) AS points,
       CASE WHEN chance(s.i * 30 + m.range, 'remark') < 0.1 THEN 'entrance mats' END AS remark
FROM world.stores s, range(24) m;

CREATE SCHEMA open_data;

CREATE TABLE open_data.population_by_municipality AS
SELECT p.name AS municipality, p.country, s.sex, b.age_band,
       whole(p.i * 20 + b.no * 2 + s.no, 'residents', 400, 9000) AS residents
FROM world.places p, (VALUES (0, 'female'), (1, 'male')) s(no, sex),
     (VALUES (0, '0-17'), (1, '18-24'), (2, '25-34'), (3, '35-44'), (4, '45-54'), (5, '55-64'), (6, '65-74'),
             (7, '75+')) b(no, age_band);

CREATE TABLE open_data.weather_observations AS
SELECT p.name || ' station' AS station, CAST(as_of_day() AS TIMESTAMP) - to_hours(CAST(h.range AS BIGINT)) AS at,
       round(8 - (p.latitude - 55) * 0.6 + 5 * bell(p.i * 1000 + h.range, 'air'), 1) AS temperature_c,
       round(abs(6 * bell(p.i * 1000 + h.range, 'wind')), 1) AS wind_ms,
       CASE WHEN p.latitude > 60 THEN round(greatest(0, 6 * bell(p.i * 1000 + h.range, 'depth')), 0) END AS snow_cm
FROM world.places p, range(960) h;
