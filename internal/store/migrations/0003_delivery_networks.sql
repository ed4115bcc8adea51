-- What the operator lets a company's endpoints reach beside the public internet: written and read as a whole.
ALTER TABLE companies
  ADD COLUMN delivery_networks jsonb NOT NULL DEFAULT '{"networks": [], "nameSuffixes": [], "allowHttp": false}';
